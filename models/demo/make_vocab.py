#!/usr/bin/env python3
"""Tokens that occur in the training text -> vocab.json.  usage: make_vocab.py [SENTENCES]"""
import json, os, sys
import lang, textgen
textgen.R.seed(7); c = set()
for w in textgen.lexicon()[0]: c.update(lang.encode(w))
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 40000):
    for w in lang.words(textgen.sentence()): c.update(lang.encode(w))
json.dump(sorted(c), open(os.path.join(lang.HERE, "vocab.json"), "w")); print(len(c), "tokens")
