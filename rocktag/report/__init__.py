"""The pages people read: of a training, of a comparison, of an experiment.

Read in this order: `page` and its templates; `told`, `training`, `corpus_sections`,
`score_sections`; `comparison`, `compared_sections`; `dimensions`; `evaluation`. Figures
are drawn in `learning`, `labels`, `label_scores`, `calibration` and `forest` on the
`canvas`; `findings` and `occlusion` look at headlines.
"""

from rocktag.report.comparison import comparison_page
from rocktag.report.dimensions import dimensions_page
from rocktag.report.evaluation import curve_page, evaluation_page
from rocktag.report.findings import FINDINGS_NAME, Findings, find, read_findings
from rocktag.report.learning import read_epochs, read_folds
from rocktag.report.page import PAGE_NAME
from rocktag.report.told import Told
from rocktag.report.training import training_files, training_page

__all__ = [
    "FINDINGS_NAME",
    "PAGE_NAME",
    "Findings",
    "Told",
    "comparison_page",
    "curve_page",
    "dimensions_page",
    "evaluation_page",
    "find",
    "read_epochs",
    "read_findings",
    "read_folds",
    "training_files",
    "training_page",
]
