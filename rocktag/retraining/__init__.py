"""Training anew beside the worker: whether it is called for, and the process of it.

The worker imports no training library. What trains is `rocktag train` in a process of
its own, whose memory goes with it: `calls` says when, `training_process` runs it.
"""

from rocktag.retraining.calls import Situation, called_for
from rocktag.retraining.job import retrain
from rocktag.retraining.training_process import Retrained, run_training

__all__ = ["Retrained", "Situation", "called_for", "retrain", "run_training"]
