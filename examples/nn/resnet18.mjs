/**
 * ResNet-18 (He et al., "Deep Residual Learning for Image Recognition", 2016) by the names that torchvision gives its parts, so that
 * its weights load as they are.
 */
import { BatchNorm2d, Conv2d, GlobalAvgPool2d, Linear, MaxPool2d, Module, SequentialModule } from 'boreal/nn';

const convolution = (inputs, planes, kernelSize, stride) =>
  new Conv2d(inputs, planes, kernelSize, { stride, padding: Math.floor(kernelSize / 2), bias: false });

export class BasicBlock extends Module {
  constructor(inputs, planes, stride = 1) {
    super();
    this.conv1 = convolution(inputs, planes, 3, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = convolution(planes, planes, 3, 1);
    this.bn2 = new BatchNorm2d(planes);
    const isSame = stride === 1 && inputs === planes;
    this.downsample = isSame
      ? null
      : new SequentialModule(convolution(inputs, planes, 1, stride), new BatchNorm2d(planes));
  }
  forward(x) {
    const y = this.bn1.forward(this.conv1.forward(x)).relu();
    const shortcut = this.downsample === null ? x : this.downsample.forward(x);
    return this.bn2.forward(this.conv2.forward(y)).add(shortcut).relu();
  }
}

/** Images [batch, 3, height, width] to scores [batch, classes]. */
export class ResNet18 extends Module {
  conv1 = convolution(3, 64, 7, 2);
  bn1 = new BatchNorm2d(64);
  maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  layer1 = new SequentialModule(new BasicBlock(64, 64), new BasicBlock(64, 64));
  layer2 = new SequentialModule(new BasicBlock(64, 128, 2), new BasicBlock(128, 128));
  layer3 = new SequentialModule(new BasicBlock(128, 256, 2), new BasicBlock(256, 256));
  layer4 = new SequentialModule(new BasicBlock(256, 512, 2), new BasicBlock(512, 512));
  avgpool = new GlobalAvgPool2d();

  constructor(classes = 1000) {
    super();
    this.fc = new Linear(512, classes);
  }
  forward(x) {
    const stem = this.maxpool.forward(this.bn1.forward(this.conv1.forward(x)).relu());
    const blocks = [this.layer1, this.layer2, this.layer3, this.layer4];
    const features = blocks.reduce((y, block) => block.forward(y), stem);
    return this.fc.forward(this.avgpool.forward(features).flatten(1));
  }
}
