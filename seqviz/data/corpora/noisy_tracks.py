"""Things that glide through the plane, seen through noise.

    velocity  v_t = v_{t-1} + process noise * N(0, I)
    position  p_t = p_{t-1} + v_{t-1}              (v_0 and p_0 from N(0, I))
    observed  y_t = p_t + measurement noise * N(0, I)

For this world the Kalman filter is the best estimator there is; a learned one can be held against it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import Tracks
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig, arrays_sha256


class NoisyTracksConfig(GeneratedConfig):
    samples: int = knob(1000, low=10, high=100_000, log=True, label="tracks",
                        help="Training tracks; a tenth as many more are kept apart to be judged on.")  # fmt: skip
    length: int = knob(40, low=2, high=1000, log=True, label="length", unit="steps",
                       help="Measurements of one track.")  # fmt: skip
    process_noise: float = knob(0.05, low=0.0, high=10.0, label="process noise",
                                help="How much the velocity changes from step to step.")  # fmt: skip
    measurement_noise: float = knob(1.0, low=0.001, high=100.0, log=True, label="measurement noise",
                                    help="How far a measurement lies from the truth.")  # fmt: skip


@corpora.register("noisy_tracks")
class NoisyTracks(Corpus):
    """Smooth paths in the plane and noisy measurements of them."""

    Config: ClassVar[type[CorpusConfig]] = NoisyTracksConfig
    title = "Noisy tracks"
    gives = "tracks"
    config: NoisyTracksConfig

    def read(self) -> Tracks:
        config = self.config
        train = self._tracks("train", config.samples)
        valid = self._tracks("valid", config.valid_samples)
        return Tracks(
            f"{config.samples} tracks of {config.length} steps",
            arrays_sha256(*train, *valid),
            *train,
            *valid,
            noise=config.measurement_noise,
            probe="1",
        )

    def _tracks(self, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Observed and true positions, each (count, length, 2) float32."""
        config, rng = self.config, self.config.generator(split)
        steps = config.length - 1
        start = rng.normal(size=(2, count, 1, 2))  # position and velocity
        pushes = config.process_noise * rng.normal(size=(count, steps, 2))
        velocity = np.concatenate([start[1], start[1] + np.cumsum(pushes, axis=1)], axis=1)  # (count, length, 2)
        truth = np.concatenate([start[0], start[0] + np.cumsum(velocity[:, :-1], axis=1)], axis=1)
        observed = truth + config.measurement_noise * rng.normal(size=truth.shape)
        return observed.astype(np.float32), truth.astype(np.float32)
