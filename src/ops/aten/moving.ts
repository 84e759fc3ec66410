import { all, shapeOf, tensor, type AtenRule } from "./call.js";

/** Other ways to look at the same memory. Of a stored tensor they are that tensor. */
const VIEWS = `
  view reshape _unsafe_view _reshape_alias flatten ravel squeeze unsqueeze t transpose permute expand slice select alias detach unbind split split_with_sizes unsafe_split
  unsafe_split_with_sizes chunk unsafe_chunk tensor_split hsplit vsplit dsplit narrow view_as reshape_as expand_as broadcast_to unflatten diagonal linalg_diagonal swapaxes swapdims movedim moveaxis
  as_strided mT mH adjoint numpy_T matrix_H T H atleast_1d atleast_2d atleast_3d real imag view_as_real view_as_complex _conj conj resolve_conj resolve_neg _neg_view lift lift_fresh unfold
  pin_memory _pin_memory requires_grad align_as align_tensors view_of collapse_view split_dim device_put
  contiguous identity refine_names align_to rename _to_cpu`;

/** Copies in another order of axes or of another type: of a stored tensor, they are that tensor in another form, as exporters and run_decompositions() write it. */
const COPIES = `
  clone to _to_copy type_as contiguous lift_fresh_copy detach_copy alias_copy view_copy permute_copy transpose_copy t_copy expand_copy unsqueeze_copy squeeze_copy
  select_copy slice_copy split_copy split_with_sizes_copy unbind_copy as_strided_copy diagonal_copy unfold_copy view_as_real_copy view_as_complex_copy narrow_copy _conj_copy _reshape_alias_copy
  _cast_Float _cast_Half _cast_Double _cast_Long _cast_Int _cast_Byte _cast_Char _cast_Short _autocast_to_full_precision _autocast_to_reduced_precision _conj_physical chalf float half bfloat16 double long int bool cpu cuda convert_element_type`;

/** Data that is moved, made or picked without arithmetic. */
const MOVES = `
  broadcast_tensors cat concat concatenate stack hstack vstack dstack row_stack column_stack pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
  replication_pad2d replication_pad3d _pad_circular _pad_enum index index_select gather take take_along_dim embedding arange full full_like zeros zeros_like ones ones_like empty
  empty_like empty_strided empty_permuted new_empty new_empty_strided new_zeros new_ones new_full scalar_tensor tensor eye linspace logspace range roll rot90 repeat tile repeat_interleave
  masked_fill masked_scatter pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle copy tril triu tril_indices triu_indices im2col col2im flip fliplr flipud index_put
  _index_put_impl _unsafe_index _unsafe_index_put _unsafe_masked_index _unsafe_masked_index_put_accumulate index_copy index_fill scatter slice_scatter select_scatter diagonal_scatter as_strided_scatter put fill
  zero fill_diagonal one_hot topk sort argsort msort meshgrid cartesian_prod combinations block_diag diag diagflat diag_embed bernoulli rand randn randint randperm rand_like randn_like
  randint_like normal uniform random exponential multinomial poisson complex isin set resize resize_as data
  hann_window hamming_window blackman_window kaiser_window bartlett_window fft_fftshift fft_ifftshift fft_fftfreq fft_rfftfreq log_normal geometric cauchy
  nonzero nonzero_numpy nonzero_static argwhere masked_select unique unique_consecutive unique_dim _unique _unique2 nms _stack _shape_as_tensor binomial _pack_sequence as_tensor broadcast_in_dim
  _chunk_cat _sobol_engine_draw q_per_channel_scales q_per_channel_zero_points int_repr pad_sequence _pack_padded_sequence _pad_packed_sequence _nested_view_from_buffer normal_functional philox_rand seed asarray iota expand_dims`;

/** Active in training alone. */
const DROPOUTS = `dropout feature_dropout alpha_dropout feature_alpha_dropout native_dropout _fused_dropout`;

const view: AtenRule = (call) => ({ op: call.op, view: tensor(call, "self", "input", "tensors") !== undefined || call.op === "alias" });

const move: AtenRule = (call) => ({ op: call.op });

/** embedding: a row of the table for each index. */
const embedding: AtenRule = (call) => {
  const [numEmbeddings = 0, embeddingDim = 0] = shapeOf(call, "weight");
  return { op: "embedding", attributes: { numEmbeddings, embeddingDim } };
};

const names = (list: string) => new Set(list.trim().split(/\s+/));

/** Operators whose result, of a stored tensor, is that tensor under another shape or type. */
export const KEEPS_STORED: ReadonlySet<string> = new Set([
  ...names(VIEWS),
  ...names(COPIES),
  ...names(DROPOUTS),
  ...names("dequantize dequantize_per_tensor dequantize_per_channel dequantize_per_token dequantize_per_channel_group dequantize_affine"),
]);

export const movingRules: Readonly<Record<string, AtenRule>> = {
  ...all(MOVES, move),
  ...all(COPIES, move),
  ...all(VIEWS, view),
  ...all(DROPOUTS, (call) => ({ op: "dropout", view: call.outputs.length === 1, attributes: { trainingOnly: true } })),
  embedding,
};
