import numpy as np
import torch

from skytypes.arrays import like, namespace, to_numpy


def test_namespace_serves_both_kinds() -> None:
    assert float(namespace(np.ones(2)).sum(np.ones(2))) == 2.0
    assert float(namespace(torch.ones(2)).sum(torch.ones(2))) == 2.0


def test_like_takes_kind_and_dtype_of_the_reference() -> None:
    a = like(np.arange(3), torch.zeros(1, dtype=torch.float64))
    assert isinstance(a, torch.Tensor)
    assert a.dtype == torch.float64
    b = like(torch.arange(3), np.zeros(1, np.float32))
    assert isinstance(b, np.ndarray)
    assert b.dtype == np.float32


def test_like_takes_numpy_from_a_tensor_with_a_gradient() -> None:
    assert like(torch.ones(2, requires_grad=True), np.zeros(1)).tolist() == [1.0, 1.0]


def test_to_numpy_of_each_kind() -> None:
    assert to_numpy(torch.ones(2, requires_grad=True)).tolist() == [1.0, 1.0]
    array = np.ones(2)
    assert to_numpy(array) is array
    assert to_numpy(3).shape == ()
