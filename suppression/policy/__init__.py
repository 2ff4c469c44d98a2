"""The law as data, and the verdict as a pure function of the facts, the question, the rules and the instant."""

from suppression.policy.decide import decide, policy_of, registries_for
from suppression.policy.explain import explain
from suppression.policy.rulebook import Rulebook, load_rules, rules_in
from suppression.policy.schema import Country

__all__ = ["Country", "Rulebook", "decide", "explain", "load_rules", "policy_of", "registries_for", "rules_in"]
