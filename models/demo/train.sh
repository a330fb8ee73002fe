#!/bin/sh
# The whole way from nothing to a ggml file: train.sh WORKDIR [PYTHON].  Every step can be interrupted and started again;
# set MINUTES (a run), RUNS (decoder runs), FIX (fixtures, kept out of the text), INIT (a checkpoint to go on from).
set -eu
HERE=$(cd "$(dirname "$0")" && pwd); W=$1; PY=${2:-python3}; MINUTES=${MINUTES:-9}; RUNS=${RUNS:-8}; FIX=${FIX:-$HERE/../../fixtures}; N=${N:-40000}; INIT=${INIT:-}
mkdir -p "$W/data" "$W/feat" "$W/run"; cd "$W"
[ -f data/a.done ] || { "$PY" "$HERE/synth.py" "$N" data/a 101 --fixtures "$FIX"; touch data/a.done; }
[ -f data/v.done ] || { "$PY" "$HERE/overlap.py" data/a.jsonl --fixtures "$FIX"; touch data/v.done; }
# 1. encoder, by CTC with the decoder along (from nothing: four runs; from a checkpoint: none needed)
if [ -z "$INIT" ]; then
  for k in 1 2 3 4; do [ -f "run/enc$k.done" ] || { "$PY" "$HERE/train.py" all "$MINUTES" run/enc.pt --shards data/a --lr 1.5e-3 --end-lr 0.7 --ctc 0.5 --multi 0 --long 0 --plain 0.1 --curve run/curve.jsonl; touch "run/enc$k.done"; }; done
  INIT=run/enc.pt
fi
# 2. the encoder's outputs on disk, then the decoder alone
k=0; while [ $((k * 5000)) -lt "$N" ]; do
  [ -f "feat/p$k.done" ] || { "$PY" "$HERE/cache.py" "$INIT" "feat/p$k" $((20 + k)) data/a --from $((k * 5000)) --to $((k * 5000 + 5000)); touch "feat/p$k.done"; }; k=$((k + 1)); done
k=1; while [ "$k" -le "$RUNS" ]; do
  [ -f "run/dec$k.done" ] || { LR=$("$PY" -c "print(1e-3 if $k <= $RUNS*0.6 else 1e-3*max(0.1, ($RUNS-$k+0.5)/($RUNS*0.4)))"); "$PY" "$HERE/train.py" decoder "$MINUTES" run/dec.pt "$INIT" --feats 'feat/*' --lr "$LR" --end-lr 0.7 --curve run/curve.jsonl; touch "run/dec$k.done"; }; k=$((k + 1)); done
# 3. JOINT runs of everything together, from the sound (none by default: the shipped model was made without)
LAST=run/dec.pt; k=1; while [ "$k" -le "${JOINT:-0}" ]; do
  [ -f "run/all$k.done" ] || { "$PY" "$HERE/train.py" all "$MINUTES" run/all.pt run/dec.pt --shards data/a --lr 3e-4 --end-lr $([ "$k" = "${JOINT:-0}" ] && echo 0.03 || echo 0.8) --multi 0.25 --long 0.2 --noise 0.05 --tone-warm 300 --curve run/curve.jsonl; touch "run/all$k.done"; }; LAST=run/all.pt; k=$((k + 1)); done
"$PY" "$HERE/export_ggml.py" "$LAST" huiting-demo.bin
"$PY" "$HERE/evaluate.py" huiting-demo.bin "$FIX/calls"
"$PY" "$HERE/nonspeech.py" huiting-demo.bin
