import alexnet from "./networks/alexnet.yaml";
import convnext from "./networks/convnext.yaml";
import densenet from "./networks/densenet.yaml";
import ds_cnn from "./networks/ds_cnn.yaml";
import efficientnet from "./networks/efficientnet.yaml";
import efficientnet_v2 from "./networks/efficientnet_v2.yaml";
import googlenet from "./networks/googlenet.yaml";
import inception_v3 from "./networks/inception_v3.yaml";
import maxvit from "./networks/maxvit.yaml";
import mnasnet from "./networks/mnasnet.yaml";
import mobilenet_v1 from "./networks/mobilenet_v1.yaml";
import mobilenet_v2 from "./networks/mobilenet_v2.yaml";
import mobilenet_v3 from "./networks/mobilenet_v3.yaml";
import regnet from "./networks/regnet.yaml";
import resnet from "./networks/resnet.yaml";
import shufflenet_v2 from "./networks/shufflenet_v2.yaml";
import squeezenet from "./networks/squeezenet.yaml";
import swin from "./networks/swin.yaml";
import unet from "./networks/unet.yaml";
import vgg from "./networks/vgg.yaml";
import vit from "./networks/vit.yaml";
import xception from "./networks/xception.yaml";

/** The one table of the zoo: the network file of each family. */
export const networks: Readonly<Record<string, string>> = {
  alexnet,
  convnext,
  densenet,
  ds_cnn,
  efficientnet,
  efficientnet_v2,
  googlenet,
  inception_v3,
  maxvit,
  mnasnet,
  mobilenet_v1,
  mobilenet_v2,
  mobilenet_v3,
  regnet,
  resnet,
  shufflenet_v2,
  squeezenet,
  swin,
  unet,
  vgg,
  vit,
  xception,
};
