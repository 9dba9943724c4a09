"""Ridge regression against its definition."""

import numpy as np
import pytest

from skytypes.errors import InputError
from trainkit.ridge import Ridge, fit_ridge


def problem(items: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(items)
    x = rng.normal(2.0, rng.uniform(0.5, 3.0, features), size=(items, features))
    weights = rng.normal(size=(features, 2))
    return x, x @ weights + rng.normal(0, [0.5, 20.0], size=(items, 2))


def primal(x: np.ndarray, y: np.ndarray, fitted: Ridge) -> np.ndarray:
    """The normal equations in the space of features, penalties as chosen."""
    z = (x - fitted.mean) / fitted.scale
    size = z.shape[1]
    weights = [
        np.linalg.solve(z.T @ z / size + p * np.eye(size), z.T @ (y[:, k] - y[:, k].mean()) / size)
        for k, p in enumerate(fitted.penalties)
    ]
    return np.stack(weights, axis=1)


@pytest.mark.parametrize(("items", "features"), [(40, 7), (12, 60)])
def test_weights_solve_the_normal_equations(items: int, features: int) -> None:
    x, y = problem(items, features)
    fitted = fit_ridge(x, y)
    np.testing.assert_allclose(fitted.weights, primal(x, y, fitted), atol=1e-8)
    np.testing.assert_allclose(fitted.scale, x.std(axis=0))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    np.testing.assert_allclose(fitted.predict(x), z @ fitted.weights + y.mean(axis=0))


def test_the_penalty_is_that_of_the_least_error_on_items_left_out_one_by_one() -> None:
    """Each item really left out, features as standardised over all."""
    x, y = problem(15, 30)
    fitted = fit_ridge(x, y)
    z = (x - fitted.mean) / fitted.scale
    kernel = z @ z.T / z.shape[1]
    top = float(np.linalg.eigvalsh(kernel)[-1])

    def left_out(penalty: float, label: int) -> float:
        errors = []
        for i in range(len(x)):
            keep = np.arange(len(x)) != i
            centre = z[keep].mean(axis=0)
            part, one = z[keep] - centre, z[i] - centre
            size = z.shape[1]
            dual = np.linalg.solve(
                part @ part.T / size + penalty * np.eye(len(part)),
                y[keep, label] - y[keep, label].mean(),
            )
            errors.append(y[i, label] - y[keep, label].mean() - one @ part.T @ dual / size)
        return float(np.mean(np.square(errors)))

    grid = top * np.logspace(-6, 2, 41)
    for label in range(2):
        best = grid[np.argmin([left_out(p, label) for p in grid])]
        assert fitted.penalties[label] == pytest.approx(best)
    assert fitted.penalties[1] > fitted.penalties[0], "noise asks for a larger penalty"


def test_a_bin_that_hardly_varied_is_not_blown_up_within_its_block() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30, 6))
    y = x[:, :1] + 0.5 * rng.normal(size=(30, 1))
    x[:, 3] *= 1e-6
    x[:, 4] = 7.0
    odd = x[:1].copy()
    odd[0, 3] += 1
    apart = fit_ridge(x, y, blocks=[3, 3])
    assert abs(apart.predict(odd) - apart.predict(x[:1])).max() < 1
    alone = fit_ridge(x, y)
    assert abs(alone.predict(odd) - alone.predict(x[:1])).max() > 1000
    odd[0, 3:] = x[0, 3:]
    odd[0, 4] = 1e9
    assert alone.predict(odd) == alone.predict(x[:1]), "a feature that never varied counts"


def test_too_few_items_are_refused() -> None:
    with pytest.raises(InputError, match="on 2 items; give three or more"):
        fit_ridge(np.ones((2, 3)), np.ones((2, 1)))
