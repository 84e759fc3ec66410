/** Arguments that every Keras layer takes (keras.layers.Layer; input_shape and batch_input_shape are Keras 2's). */
export const KERAS_LAYER = "name=None, trainable=True, dtype=None, autocast=True, input_shape=None, batch_input_shape=None";
