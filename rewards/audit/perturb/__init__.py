"""Perturbations of an answer: cumulative damage, single mistakes, hostile text, generated examples."""
