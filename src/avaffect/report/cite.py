"""How to cite the program and the methods of its default models. CITATION.cff has all entries."""

from __future__ import annotations

PROGRAM = (
    "The avaffect authors. avaffect (version {version}): valence and arousal, moment by moment, from faces"
    " and voices. https://github.com/avaffect/avaffect"
)
PAPERS = (
    "Praveen, R. G., de Melo, W. C., Ullah, N., et al. (2022). A Joint Cross-Attention Model for Audio-Visual"
    " Fusion in Dimensional Emotion Recognition. CVPR Workshops 2022. arXiv:2203.14779",
    "Praveen, R. G., Alam, J., & Charton, E. (2025). United we stand, Divided we fall: Handling Weak"
    " Complementary Relationships for Audio-Visual Emotion Recognition in Valence-Arousal Space. CVPR"
    " Workshops 2025. arXiv:2503.12261",
)
LAW = (
    "In the European Union, inferring emotions of people at work and in education is prohibited except for"
    " medical or safety reasons (Regulation (EU) 2024/1689, Art. 5(1)(f))."
)
