"""Learning from people: their labels beside those of the rules.

Rules label every headline, people a few. A model learns the rules' labels, softened by
how often people agree with them, from headlines some of which hide the words that the
rules go by, so that it learns what is said around them; then a `Stacker` learns from
people when to trust the rules and when the model. What thresholds are tuned and scores
are measured on is said out of fold: by a stacker, and a model where it learns from
people itself, that had not seen what people say of the headline.

Read in this order: `confidence`, `lessons`, `stacking`, `learning`.
"""

from rocktag.people.learning import Taught, learn_from_people

__all__ = ["Taught", "learn_from_people"]
