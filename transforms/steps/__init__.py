"""The Beam steps: transforms and DoFns around the functions of the other packages.

No other package of this layer imports Beam, so that a run of few dates does without it. Imports every package of
:mod:`transforms`. Importing it makes Beam choose the coders of :mod:`transforms.steps.coders`.
"""

from transforms.steps.coders import register

register()
