"""The one history of rocktag's schema, for SQLite, PostgreSQL and MariaDB/MySQL."""
