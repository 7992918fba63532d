"""`python -m rocktag.comparing`: the process in which a model is measured."""

from rocktag.comparing.measuring import answer_parent

answer_parent()
