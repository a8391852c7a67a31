"""A model that can be read is read out: in the words of the data, as sure as the whole model is."""

from __future__ import annotations

import numpy as np

from leadline.heads.blend import WeightedSum
from leadline.heads.constant import Constant
from leadline.heads.rules import Branch, Leaf, Question, RulesHead
from leadline.heads.temperature import Temperature
from leadline.parts import Graph, Node
from leadline.reports import Heading, Paragraph
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress
from leadline.workflow.sentences import Sentences, in_sentences
from leadline.workflow.training_report import LeaderboardRow

HEAD = RulesHead(["age"], [Branch(Question("age", 30.0, (), False, False), 1, 2), Leaf((3.0,), 0.25), Leaf((-1.0,), 0.75)])
RULES = Node("rules", HEAD, ("column:age",))


def test_answers_have_the_names_of_classes_and_the_certainty_of_the_calibrated_model() -> None:
    assert in_sentences(Graph((RULES,)), Classify(), ("no", "yes")) == [
        "If age is above 30: no (73.1%). 75.0% of rows.",
        "If age is at most 30: yes (95.3%). 25.0% of rows.",
    ]
    calibrated = Graph((RULES, Node("calibration", Temperature(2.0), ("rules",))))
    assert in_sentences(calibrated, Classify(), ("no", "yes"))[1] == "If age is at most 30: yes (81.8%). 25.0% of rows."


def test_numbers_are_said_as_numbers() -> None:
    assert in_sentences(Graph((RULES,)), Regress(), ())[0] == "If age is above 30: -1. 75.0% of rows."


def test_what_is_blended_with_others_is_no_model_in_words() -> None:
    other = Node("other", Constant(np.zeros(1)), ("column:age",))
    blend = Graph((RULES, other, Node("blend", WeightedSum([0.5, 0.5]), ("rules", "other"))))
    assert in_sentences(blend, Classify(), ("no", "yes")) == []
    assert in_sentences(Graph((other,)), Classify(), ("no", "yes")) == []


def test_a_winner_is_read_out_and_of_another_the_price_is_told() -> None:
    board = [LeaderboardRow(name, "classical", score, 0, 1, 0, 0, 0) for name, score in (("trees", 0.9), ("rules", 0.85))]
    lines = ("If a is 1: yes (90.0%). 60.0% of rows.", "If a is 2: no (90.0%). 40.0% of rows.")
    metric = Classify.metrics["accuracy"]
    read_out = Sentences("rules", lines, True).blocks(board, "rules", metric)
    assert [type(block) for block in read_out] == [Heading, Paragraph, Paragraph]
    told = Sentences("rules", lines, False).blocks(board, "trees", metric)
    assert [block.text for block in told if isinstance(block, Paragraph)] == [
        "2 if-then rules that a person can read reach 85.0%, where trees reaches 90.0%; they are in report.json."
    ]
