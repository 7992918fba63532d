"""The model card: what people should know before they use a model."""

from rocktag.model_card.card import render

__all__ = ["render"]
