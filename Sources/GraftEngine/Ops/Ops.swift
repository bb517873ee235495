/// Every op of the engine, for the tests that hold for all of them.
package enum Ops {
  package static let all: [any Op.Type] = [
    ConvolutionOp.self, NormalizedConvolutionOp.self, LinearOp.self, BatchNormOp.self,
    ActivationOp.self, PReLUOp.self, AddOp.self,
    ConcatOp.self, FlattenOp.self, PoolOp.self, NormalizedPoolOp.self, GlobalAveragePoolOp.self,
    PaddingShortcutOp.self, SubsampleOp.self,
    MultiplyOp.self, ChannelScaleOp.self, ChannelShuffleOp.self, ChannelSliceOp.self,
    LayerNormOp.self, GroupNormOp.self, GlobalResponseNormOp.self,
    TransposedConvolutionOp.self, UpsampleOp.self, CenterCropOp.self, SegmentationLossOp.self,
    DropoutOp.self, DropBlockOp.self, SoftmaxCrossEntropyOp.self, ConsistencyLossOp.self,
    PadOp.self, LocallyConnectedOp.self, DeformableReadOp.self, L2PoolOp.self, UnpoolOp.self,
    SoftmaxOp.self, ClassificationLossOp.self,
    AdaptivePoolOp.self, LocalResponseNormOp.self, ChannelAffineOp.self, SelectChannelsOp.self,
    WeightedSumOp.self, JoinOp.self,
    AttentionOp.self, WindowAttentionOp.self, TokenEmbeddingOp.self, SelectTokenOp.self,
    PatchesOp.self, PatchMergingOp.self,
    L2NormOp.self, CosineSimilarityOp.self, NeighborVoteOp.self,
  ]
}
