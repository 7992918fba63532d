"""`python -m rocktag` is `rocktag`."""

from rocktag.cli import main

raise SystemExit(main())
