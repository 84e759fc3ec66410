// As PyTorch 2 prints a module of one's own: blocks that are alike stand there once.
export const NET = `Net(
  (stem): Conv2d(3, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
  (blocks): ModuleList(
    (0-2): 3 x Block(
      (norm): LayerNorm((16,), eps=1e-05, elementwise_affine=True)
      (mlp): Sequential(
        (0): Linear(in_features=16, out_features=64, bias=True)
        (1): GELU(approximate='none')
        (2): Linear(in_features=64, out_features=16, bias=True)
      )
      (scale): LayerScale()
    )
  )
  (bn): BatchNorm2d(16, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
  (rnn): LSTM(16, 8, batch_first=True)
)
`;
