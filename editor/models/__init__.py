"""The networks: `nn.Module`s and their configurations; no files, no choice of device."""
