"""Pure rules of inventory; read alone they are its costing manual.

`scale` puts money and quantities on integers, `pool` is what one valuation area holds, `returns` slices an original
over its returns, `costing` values one stock fact after the other, `replay` does so from a checkpoint until it meets the
stored state again.
"""
