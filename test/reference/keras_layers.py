"""Writes keras-layers.json: what Keras 3.15 says of layers and functions. Run with Keras and TensorFlow: python keras_layers.py > keras-layers.json"""

import json
import math

import keras
from keras import layers, ops

IMAGE, SEQUENCE, VIDEO, VECTOR, WORDS = (12, 10, 3), (9, 5), (4, 9, 8, 3), (6,), (5,)

LAYERS = [
    *[(f"layers.RNN(layers.{cell})", SEQUENCE) for cell in ["LSTMCell(6, use_bias=False)", "GRUCell(6)", "SimpleRNNCell(3)"]],
    ("layers.RNN(layers.GRUCell(6, reset_after=False), return_sequences=True, return_state=True)", SEQUENCE),
    ("layers.RNN([layers.LSTMCell(6), layers.GRUCell(4), layers.SimpleRNNCell(3)], return_state=True)", SEQUENCE),
    ("layers.RNN(layers.StackedRNNCells([layers.LSTMCell(6), layers.LSTMCell(4)]), return_sequences=True)", SEQUENCE),
    ("layers.Bidirectional(layers.RNN(layers.LSTMCell(6)), merge_mode='sum')", SEQUENCE),
    ("layers.Bidirectional(layers.GRU(6, return_sequences=True, return_state=True), merge_mode=None)", SEQUENCE),
    ("layers.Bidirectional(layers.LSTM(6, trainable=False), merge_mode='ave')", SEQUENCE),
    ("layers.ConvLSTM1D(4, 3)", (5, 9, 3)),
    ("layers.ConvLSTM1D(4, 3, padding='same', strides=2, return_sequences=True, use_bias=False)", (5, 9, 3)),
    ("layers.ConvLSTM2D(4, (3, 2), strides=(2, 1), return_sequences=True)", VIDEO),
    ("layers.ConvLSTM2D(4, 3, dilation_rate=2, return_state=True)", VIDEO),
    ("layers.ConvLSTM2D(4, 3, padding='same', data_format='channels_first')", (4, 3, 9, 8)),
    ("layers.ConvLSTM3D(2, 2, padding='same')", (3, 4, 5, 6, 2)),
    ("layers.TimeDistributed(layers.Dense(5))", VIDEO),
    ("layers.TimeDistributed(layers.Conv1D(5, 3))", (4, 9, 3)),
    ("layers.TimeDistributed(layers.GRU(5, return_sequences=True))", (4, 9, 3)),
    ("layers.TimeDistributed(layers.LayerNormalization())", VIDEO),
    ("layers.TimeDistributed(layers.TimeDistributed(layers.Dense(5)))", VIDEO),
    ("layers.TimeDistributed(layers.Conv2D(5, 3, trainable=False))", VIDEO),
    ("layers.SpectralNormalization(layers.Conv2D(8, 3))", IMAGE),
    ("layers.SpectralNormalization(layers.Conv2DTranspose(8, 3))", IMAGE),
    ("layers.SpectralNormalization(layers.Dense(8))", SEQUENCE),
    ("layers.SpectralNormalization(layers.DepthwiseConv2D(3, depth_multiplier=2))", IMAGE),
    ("layers.SpectralNormalization(layers.Conv1D(8, 3, use_bias=False))", SEQUENCE),
    ("layers.MultiHeadAttention(2, 8, value_dim=5)", SEQUENCE),
    ("layers.MultiHeadAttention(2, 8, use_gate=True)", SEQUENCE),
    ("layers.MultiHeadAttention(3, 4, value_dim=5, use_gate=True, use_bias=False)", SEQUENCE),
    ("layers.MultiHeadAttention(2, 8, attention_axes=(1, 2))", (4, 5, 6)),
    ("layers.MultiHeadAttention(2, 8, attention_axes=2)", (4, 5, 6)),
    ("layers.MultiHeadAttention(2, 8, output_shape=(3, 4))", SEQUENCE),
    ("layers.GroupQueryAttention(8, 4, 2)", SEQUENCE),
    ("layers.GroupQueryAttention(8, 4, 1, use_bias=False, use_gate=True)", SEQUENCE),
    ("layers.ReversibleEmbedding(30, 6)", WORDS),
    ("layers.ReversibleEmbedding(30, 6, tie_weights=False)", WORDS),
    ("layers.Dense(7, lora_rank=2)", SEQUENCE),
    ("layers.Dense(7, lora_rank=3, use_bias=False, trainable=False)", SEQUENCE),
    ("layers.Conv1D(8, 3, lora_rank=2)", SEQUENCE),
    ("layers.Conv2D(8, 3, lora_rank=2, use_bias=False)", IMAGE),
    ("layers.Embedding(30, 6, lora_rank=2)", WORDS),
    ("layers.Dense(7, dtype='int8_from_float32')", SEQUENCE),
    ("layers.Dense(7, dtype='int4/-1_from_float32')", SEQUENCE),
    ("layers.Dense(7, dtype='int4/2_from_float32')", SEQUENCE),
    ("layers.Dense(7, dtype='float8_from_float32', use_bias=False)", SEQUENCE),
    ("layers.Embedding(30, 7, dtype='int8_from_float32')", WORDS),
    ("layers.Embedding(30, 7, dtype='int4/4_from_float32')", WORDS),
    ("layers.Resizing(8, 9, interpolation='nearest')", IMAGE),
    ("layers.Resizing(8, 9, data_format='channels_first')", (3, 12, 10)),
    ("layers.CenterCrop(8, 7)", IMAGE),
    ("layers.RandomCrop(8, 7, data_format='channels_first')", (3, 12, 10)),
    ("layers.STFTSpectrogram(mode='log', frame_length=6, frame_step=3, fft_length=8)", (20, 2)),
    ("layers.STFTSpectrogram(mode='stft', frame_length=6, trainable=False, expand_dims=True)", (20, 2)),
    ("layers.STFTSpectrogram(mode='real', frame_length=6, padding='same', data_format='channels_first')", (2, 20)),
    ("layers.MelSpectrogram(fft_length=32, sequence_stride=8, num_mel_bins=10)", (64,)),
    ("layers.CategoryEncoding(num_tokens=7, output_mode='one_hot')", (1,)),
    ("layers.CategoryEncoding(num_tokens=7, output_mode='one_hot')", WORDS),
    ("layers.CategoryEncoding(num_tokens=7, output_mode='count')", WORDS),
    ("layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode='one_hot')", WORDS),
    ("layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode='multi_hot')", WORDS),
    ("layers.Discretization(num_bins=4)", WORDS),
    ("layers.Hashing(11)", WORDS),
    ("layers.Hashing(11, output_mode='one_hot')", (1,)),
    ("layers.Hashing(11, output_mode='multi_hot')", WORDS),
    ("layers.IntegerLookup(vocabulary=[10, 20, 30], output_mode='multi_hot')", WORDS),
    ("layers.IntegerLookup(vocabulary=[10, 20, 30], output_mode='one_hot', num_oov_indices=2)", WORDS),
    ("layers.IntegerLookup(max_tokens=9, vocabulary=[10, 20, 30], output_mode='count', pad_to_max_tokens=True)", WORDS),
    ("layers.Masking(0.5)", SEQUENCE),
    ("layers.Rescaling(0.5)", IMAGE),
    *[
        (f"layers.{name}", IMAGE)
        for name in [
            "AugMix()", "AutoContrast()", "ContrastLimitedAdaptiveHistogramEqualization()", "CutMix()", "Equalization()", "MixUp()", "RandAugment()",
            "RandomBrightness(0.2)", "RandomColorDegeneration(0.2)", "RandomColorJitter()", "RandomContrast(0.2)", "RandomElasticTransform()",
            "RandomErasing()", "RandomFlip('vertical')", "RandomGaussianBlur()", "RandomGrayscale()", "RandomHue(0.2)", "RandomInvert()",
            "RandomPerspective()", "RandomPosterization(3)", "RandomRotation(0.2)", "RandomSaturation(0.2)", "RandomSharpness(0.2)",
            "RandomShear(0.1, 0.1)", "RandomTranslation(0.1, 0.1)", "RandomZoom(0.1)", "Solarization(addition_factor=0.5)",
        ]
    ],
]

SQUARE, PAIR = (6, 6), [(6, 4), (4, 5)]
FUNCTIONS = [
    *[(f"ops.{name}(x)", [SQUARE]) for name in ["abs", "exp", "sqrt", "relu", "gelu", "hard_tanh", "isnan", "logical_not", "tril", "copy", "stop_gradient", "erf", "rsqrt"]],
    *[(f"ops.{name}(x, {axis})", [(6, 4)]) for name in ["sum", "mean", "max", "std", "argmax", "any", "logsumexp"] for axis in ["axis=1", "axis=(1, 2), keepdims=True" if name not in ["argmax"] else "axis=-1"]],
    *[(f"ops.{name}(x, y)", [(6, 4), (4,)]) for name in ["add", "divide", "maximum", "power", "greater", "where_(x, y)"] if "_(" not in name],
    ("x[:, 1:5:2]", [(6, 4)]), ("x[:, -1]", [(6, 4)]), ("x[..., None]", [(6, 4)]), ("x[:, ::-1, 0]", [(6, 4)]), ("x[:, None, :, 2:]", [(6, 4)]),
    ("ops.reshape(x, (-1, 3, 8))", [(6, 4)]), ("ops.transpose(x, (0, 2, 1))", [(6, 4)]), ("ops.swapaxes(x, 1, 2)", [(6, 4)]), ("ops.moveaxis(x, 1, -1)", [(6, 4, 3)]),
    ("ops.expand_dims(x, (1, -1))", [(6, 4)]), ("ops.squeeze(x, 1)", [(1, 4)]), ("ops.concatenate([x, y], axis=-1)", [(6, 4), (6, 3)]), ("ops.stack([x, y], axis=2)", [(6, 4), (6, 4)]),
    ("ops.split(x, 3, axis=1)", [(6, 4)]), ("ops.split(x, [1, 4], axis=1)", [(6, 4)]), ("ops.unstack(x, axis=2)", [(6, 4)]), ("ops.tile(x, (1, 2, 3))", [(6, 4)]), ("ops.repeat(x, 3, axis=1)", [(6, 4)]),
    ("ops.pad(x, ((0, 0), (1, 2), (0, 3)))", [(6, 4)]), ("ops.flip(x, axis=1)", [(6, 4)]), ("ops.roll(x, 2, axis=1)", [(6, 4)]), ("ops.cumsum(x, axis=1)", [(6, 4)]), ("ops.diff(x, axis=1)", [(6, 4)]),
    ("ops.take(x, [0, 2, 3], axis=1)", [(6, 4)]), ("ops.top_k(x, 2)", [(6, 4)]), ("ops.one_hot(ops.cast(x, 'int32'), 7)", [(6,)]), ("ops.diagonal(x, axis1=1, axis2=2)", [SQUARE]), ("ops.clip(x, 0, 1)", [SQUARE]),
    ("ops.matmul(x, y)", PAIR), ("ops.einsum('bij,bjk->bik', x, y)", PAIR), ("ops.einsum('...ij,...jk->...ik', x, y)", PAIR), ("ops.tensordot(x, y, axes=[[2], [1]])", PAIR), ("ops.dot(x, ops.ones((4, 7)))", [(6, 4)]),
    ("ops.softmax(x, axis=1)", [(6, 4)]), ("ops.normalize(x)", [(6, 4)]), ("ops.dot_product_attention(x, x, x)", [(6, 2, 4)]), ("ops.glu(x)", [(6, 4)]), ("ops.leaky_relu(x, 0.3)", [SQUARE]),
    ("ops.max_pool(x, 2)", [IMAGE]), ("ops.average_pool(x, 3, 2, 'same')", [IMAGE]), ("ops.conv(x, ops.ones((3, 3, 3, 4)), 2, 'same')", [IMAGE]),
    ("ops.depthwise_conv(x, ops.ones((3, 3, 3, 2)))", [IMAGE]), ("ops.separable_conv(x, ops.ones((3, 3, 3, 2)), ops.ones((1, 1, 6, 5)))", [IMAGE]), ("ops.conv_transpose(x, ops.ones((3, 3, 5, 3)), 2, 'same')", [IMAGE]),
    ("ops.image.resize(x, (5, 4))", [IMAGE]), ("ops.image.rgb_to_grayscale(x)", [IMAGE]), ("ops.image.pad_images(x, 1, 2, 3, 4)", [IMAGE]), ("ops.image.crop_images(x, 1, 2, 3, 4)", [IMAGE]),
    ("ops.image.extract_patches(x, (4, 5))", [IMAGE]), ("ops.depth_to_space(x, 2)", [(6, 4, 8)]), ("ops.space_to_depth(x, 2)", [(6, 4, 8)]), ("ops.layer_normalization(x)", [SQUARE]), ("x * 2 - 1", [SQUARE]), ("ops.where(x > 0, x, 0.0)", [SQUARE]),
    ("ops.median(x, axis=1)", [(6, 4)]), ("ops.quantile(x, 0.5, axis=1)", [(6, 4)]), ("ops.moments(x, axes=[1])", [(6, 4)]), ("ops.digitize(x, ops.convert_to_numpy([0.0, 1.0]))", [(6, 4)]),
    ("ops.image.gaussian_blur(x)", [IMAGE]), ("ops.take_along_axis(x, ops.convert_to_numpy([[[0]]]), axis=1)", [(6, 4)]),
]

# Models whose sizes are open, or that return more than the shapes of their input say.
MODELS = [
    *[
        (text, (None, None, 3), None)
        for text in [
            "layers.Dense(2)(layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(x)))",
            "layers.Conv2DTranspose(2, 3, strides=2)(layers.BatchNormalization()(layers.Conv2D(4, 3, trainable=False)(x)))",
            "layers.Conv2D(2, 1)(layers.Concatenate()([x, layers.UpSampling2D()(layers.MaxPooling2D()(layers.SeparableConv2D(4, 3, padding='same')(x)))]))",
            "layers.PReLU(shared_axes=[1, 2])(layers.LayerNormalization()(layers.DepthwiseConv2D(3)(x)))",
            "layers.Dense(2)(layers.Flatten()(layers.Conv2D(4, 3)(layers.Resizing(8, 8)(x))))",
            "layers.Conv2D(2, 1)(keras.Sequential([layers.Conv2D(4, 3), layers.BatchNormalization()])(x))",
            "ops.mean(layers.Conv2D(4, 3)(x), axis=(1, 2))",
        ]
    ],
    ("layers.Dense(2)(layers.LSTM(4)(x))", (None, 5), None),
    ("layers.Bidirectional(layers.GRU(3, return_sequences=True))(layers.Conv1D(5, 3, padding='causal')(x))", (None, 4), None),
    ("layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))", (None, 8), None),
    ("layers.TimeDistributed(layers.Flatten())(layers.TimeDistributed(layers.Dense(5))(x))", (None, 6, 4), None),
    ("layers.ConvLSTM2D(4, 3)(x)", (None, 8, 8, 3), None),
    ("layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(x)))", (None,), None),
    ("layers.Attention(use_scale=True)([x, y], return_attention_scores=True)", (9, 8), (7, 8)),
    ("layers.HashedCrossing(10, output_mode='one_hot')((x, y))", (), ()),
    ("layers.HashedCrossing(10, output_mode='one_hot')((x, y))", (1,), (1,)),
]


def shapes(outputs):
    # An open batch is one; other sizes that are open stay so.
    return [[1 if size is None and axis == 0 else size for axis, size in enumerate(tensor.shape)] for tensor in keras.tree.flatten(outputs)]


def count(weights):
    return sum(math.prod(weight.shape) for weight in weights)


def layer_row(text, shape):
    words = "Embedding" in text or "Lookup" in text or "Hashing" in text or "CategoryEncoding" in text
    layer = eval(text)
    inputs = keras.Input(shape, dtype="int32" if words else "float32")
    outputs = layer(inputs, inputs) if "Attention(" in text else layer(inputs)
    return {
        "layer": text,
        "input": [1, *shape],
        "params": count(layer.trainable_weights),
        "buffers": count(layer.non_trainable_weights),
        "outputs": shapes(outputs),
    }


def function_row(text, inputs):
    tensors = [keras.Input(shape) for shape in inputs]
    outputs = eval(text, {"ops": ops, "x": tensors[0], "y": tensors[-1]})
    model = json.loads(keras.Model(tensors, outputs).to_json())
    return {"function": text, "model": {key: model[key] for key in ["class_name", "config"]}, "outputs": shapes(outputs)}


def model_row(text, left, right):
    words = "Embedding" in text or "Hashed" in text
    tensors = [keras.Input(shape, dtype="int32" if words else "float32") for shape in [left, right] if shape is not None]
    made = keras.Model(tensors, eval(text, {"keras": keras, "layers": layers, "ops": ops, "x": tensors[0], "y": tensors[-1]}))
    model = json.loads(made.to_json())
    return {
        "text": text,
        "model": {key: model[key] for key in ["class_name", "config"]},
        "params": count(made.trainable_weights),
        "buffers": count(made.non_trainable_weights),
        "outputs": shapes(made.outputs),
    }


def rows():
    for table, row in [(LAYERS, layer_row), (FUNCTIONS, function_row), (MODELS, model_row)]:
        for text, *shape in table:
            try:
                yield row(text, *shape)
            except Exception as error:  # This Keras has it not, or not so.
                import sys

                print(text, str(error).split("\n")[0][:150], file=sys.stderr)


print("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows()) + "\n]")
