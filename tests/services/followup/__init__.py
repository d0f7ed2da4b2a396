"""Tests of follow-up, and what stands for telescopes in them."""
