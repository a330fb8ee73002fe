#!/usr/bin/env python3
"""The phone head of a checkpoint, which the ggml file has no place for, as float16.  usage: export_heads.py CKPT.pt OUT.npz
With it import_ggml.py makes a checkpoint of the shipped model that aligns words at once."""
import sys
import numpy as np, torch

sd = torch.load(sys.argv[1], map_location="cpu", weights_only=False)["net"]
np.savez_compressed(sys.argv[2], **{k: v.half().numpy() for k, v in sd.items() if k.startswith("ctc.")})
