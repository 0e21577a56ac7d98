"""A perceptron learns a table of four points by the delta rule, step by step.

Run: python examples/delta_rule.py
"""

from neurona.perceptron import DeltaRule

# The course's table without its leading 1, which neurona adds.
POINTS = [[0, 0], [1, 1], [0, 1], [1, 0]]
OUTPUTS = [0, 1, 0, 1]


def main() -> None:
    neuron = DeltaRule(learning_rate=0.1, seed=0).fit(POINTS, OUTPUTS)
    print("epoch  point     y      z   y-ŷ   bias     w1     w2")
    for update in neuron.path:
        bias, w1, w2 = update.after
        print(
            f"{update.epoch:5}  {POINTS[update.point]}  {update.side:2.0f} {update.z:6.2f} "
            f"{update.error:5.0f} {bias:6.2f} {w1:6.2f} {w2:6.2f}"
        )
    print(f"converged: {neuron.converged}, epochs: {neuron.epochs_run}")
    print(f"predicted: {neuron.predict(POINTS).tolist()}, wanted: {OUTPUTS}")


if __name__ == "__main__":
    main()
