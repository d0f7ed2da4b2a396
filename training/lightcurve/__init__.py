"""How the light-curve transformers are made: data, teachers, rivals, fit, judgement."""
