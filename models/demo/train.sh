#!/bin/sh
# The whole way from nothing to a ggml file: train.sh WORKDIR [PYTHON].  Every step can be interrupted and started again;
# set MINUTES (a run), RUNS (decoder runs), JOINT (runs of everything together), WORKERS (processes which train), FIX (fixtures,
# kept out of the text), INIT (a checkpoint, or a ggml file of this recipe, to go on from: then only the joint runs are made).
set -eu
HERE=$(cd "$(dirname "$0")" && pwd); W=$1; PY=${2:-python3}; MINUTES=${MINUTES:-9}; RUNS=${RUNS:-8}; JOINT=${JOINT:-8}; WORKERS=${WORKERS:-1}; FIX=${FIX:-$HERE/../../fixtures}; N=${N:-40000}; INIT=${INIT:-}
mkdir -p "$W/data" "$W/feat" "$W/run"; cd "$W"
[ -f data/a.done ] || { "$PY" "$HERE/synth.py" "$N" data/a 101 --fixtures "$FIX"; touch data/a.done; }
[ -f data/v.done ] || { "$PY" "$HERE/overlap.py" data/a.jsonl --fixtures "$FIX"; touch data/v.done; }
if [ -n "$INIT" ]; then
  case $INIT in *.bin) [ -f run/init.pt ] || "$PY" "$HERE/import_ggml.py" "$INIT" run/init.pt "$HERE/ctc-heads.npz"; INIT=run/init.pt ;; esac
else
  # 1. encoder, by CTC with the decoder along: four runs
  for k in 1 2 3 4; do [ -f "run/enc$k.done" ] || { "$PY" "$HERE/train.py" ctc "$MINUTES" run/enc.pt --shards data/a --lr 1.5e-3 --end-lr 0.7 --ctc 0.5 --multi 0 --long 0 --plain 0.1 --curve run/curve.jsonl; touch "run/enc$k.done"; }; done
  # 2. the encoder's outputs on disk, then the decoder alone
  k=0; while [ $((k * 5000)) -lt "$N" ]; do
    [ -f "feat/p$k.done" ] || { "$PY" "$HERE/cache.py" run/enc.pt "feat/p$k" $((20 + k)) data/a --from $((k * 5000)) --to $((k * 5000 + 5000)); touch "feat/p$k.done"; }; k=$((k + 1)); done
  k=1; while [ "$k" -le "$RUNS" ]; do
    [ -f "run/dec$k.done" ] || { LR=$("$PY" -c "print(1e-3 if $k <= $RUNS*0.6 else 1e-3*max(0.1, ($RUNS-$k+0.5)/($RUNS*0.4)))"); "$PY" "$HERE/train.py" decoder "$MINUTES" run/dec.pt run/enc.pt --feats 'feat/*' --lr "$LR" --end-lr 0.7 --curve run/curve.jsonl; touch "run/dec$k.done"; }; k=$((k + 1)); done
  INIT=run/dec.pt
fi
# 3. word times once, then everything together from the sound, in fitted and in full windows
[ -f data/t.done ] || { "$PY" "$HERE/times.py" "$INIT" data/a --fixtures "$FIX"; touch data/t.done; }
k=1; while [ "$k" -le "$JOINT" ]; do
  [ -f "run/all$k.done" ] || { "$PY" "$HERE/train.py" all "$MINUTES" run/all.pt "$INIT" --shards data/a --lr 4.5e-4 --end-lr 0.03 --part "$("$PY" -c "print(($k - 1) / $JOINT)")" "$("$PY" -c "print($k / $JOINT)")" --frames 3000 --full 2 --noise 0.08 --plain 0.4 --ema 0.995 --spec-aug 0.2 --tone 0 --workers "$WORKERS" --curve run/curve.jsonl; touch "run/all$k.done"; }; k=$((k + 1)); done
"$PY" "$HERE/export_ggml.py" run/all.pt huiting-demo.bin
"$PY" "$HERE/evaluate.py" huiting-demo.bin "$FIX/calls" --table
