import { StropError } from "../../errors.js";
import { type Block, blocksOf, joined } from "../../graph/blocks.js";
import { GraphExtension } from "../../graph/extension.js";
import { rowShape } from "../../graph/shape.js";
import { choiceRow, numberRow, switchRow } from "../../option-rows.js";
import { RANGES } from "../../ranges.js";
import type { Stage } from "../stage.js";
import { auxiliaryHead } from "./auxiliary-head.js";
import { decoderOf } from "./decoder.js";
import type { Staged, StrategySite, StrategySpec } from "./strategy.js";

const METHODS = ["supervised", "autoencoder", "denoising"] as const;
export type PretrainMethod = (typeof METHODS)[number];

/** Greedy layer-wise pretraining, and the training of the whole behind it. */
export interface PretrainOptions {
  /** What a block learns: the labels, its own input, or its own input from a corrupted one. Default supervised. */
  readonly method?: PretrainMethod;
  /** Layers of a block. Default 1. */
  readonly blockLayers?: number;
  /** Epochs of the whole at the end; 0: none. Default: as long as a block's. */
  readonly fineTuneEpochs?: number | undefined;
  /** Hidden layers of a block's own head (supervised). Default 1. */
  readonly headLayers?: number | undefined;
  /** Their width. Default: as many as go in. */
  readonly headWidth?: number | undefined;
  /** A decoder has the weights of its block instead of its own (autoencoder, denoising). */
  readonly tied?: boolean;
  /** The share of a block's input that is set to 0 (denoising). Default 0.3. */
  readonly corruption?: number | undefined;
}

/**
 * Each block in turn, from the input on, learns on its own while what lies below is as it has become; then all learn
 * together.
 *
 * supervised: a block learns through a head of its own, which goes when the block is done; the last block but the
 * model's own last layer learns through that layer, so that the model is whole even without the training at the end.
 * E. Belilovsky, M. Eickenberg, E. Oyallon 2019, https://arxiv.org/abs/1812.11446.
 *
 * autoencoder: a block and a decoder of it learn to give its input back; the model's last layer learns at the end
 * alone. Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle 2006.
 *
 * denoising: the same, of an input some of whose elements are 0; what is to be given back is the whole one.
 * P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, "Extracting and Composing Robust Features with Denoising
 * Autoencoders", ICML 2008.
 */
export const pretrain: StrategySpec<PretrainOptions> = {
  about: "greedy, layer by layer, then all together",
  rows: {
    method: choiceRow("supervised", METHODS, "what a layer learns: labels, or its own input"),
    blockLayers: numberRow(1, RANGES.count, "layers that learn together"),
    fineTuneEpochs: numberRow(
      undefined,
      { ...RANGES.count, min: 0 },
      "epochs of all layers at the end; default: as long as one layer",
    ),
    headLayers: numberRow(
      undefined,
      { min: 0, max: 8, whole: true },
      "hidden layers of a layer's own head (supervised); default 1",
    ),
    headWidth: numberRow(
      undefined,
      RANGES.count,
      "width of these (supervised); default: as many as go in",
    ),
    tied: switchRow("decoders have the weights of their layers (autoencoder, denoising)"),
    corruption: numberRow(
      undefined,
      RANGES.fraction,
      "share of the input that is set to 0 (denoising); default 0.3",
    ),
  },
  learnsLabels: ({ method = "supervised", fineTuneEpochs }) => {
    return method === "supervised" || fineTuneEpochs !== 0;
  },
  stages(site, options) {
    checkMethod(options);
    const blocks = blocksOf(site.graph, options.blockLayers);
    if (blocks.length < 2) {
      throw new StropError("the model has a single layer; there is nothing to pretrain", {
        code: "nothing-to-train",
        where: "--strategy pretrain",
        exitCode: 2,
      });
    }
    return new Greedy(site, options).run(blocks);
  },
};

/** Which options a method has beside those of all. */
const OWN = {
  headLayers: ["supervised"],
  headWidth: ["supervised"],
  tied: ["autoencoder", "denoising"],
  corruption: ["denoising"],
} as const;

function checkMethod(options: Required<PretrainOptions>): void {
  for (const [name, methods] of Object.entries(OWN)) {
    const isGiven = options[name as keyof typeof OWN] || options[name as keyof typeof OWN] === 0;
    if (!isGiven || (methods as readonly string[]).includes(options.method)) continue;
    throw new StropError(`it does not belong to the method ${options.method}`, {
      code: "bad-option",
      where: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      hint: `It is an option of ${methods.join(" and ")}.`,
      exitCode: 2,
    });
  }
}

class Greedy {
  private readonly net: GraphExtension;

  constructor(
    private readonly site: StrategySite,
    private readonly options: Required<PretrainOptions>,
  ) {
    this.net = new GraphExtension(site.graph, site.seed);
  }

  run(blocks: readonly Block[]): Staged {
    const { trained } = this.site;
    const stages = this.blocksToLearn(blocks)
      .filter(({ parameters }) => [...parameters].some((name) => trained.has(name)))
      .map((block) => this.greedy(block));
    const end = this.fineTuning();
    const all = end ? [...stages, end] : stages;
    if (all.length === 0) {
      throw new StropError("nothing below the last layer is left to train", {
        code: "nothing-to-train",
        where: "--fine-tune-epochs",
        hint: "Freeze less, or let all learn together at the end.",
        exitCode: 2,
      });
    }
    return { graph: this.net.end(), stages: all };
  }

  /** With labels the model's last layer learns with the uppermost block; without, in the end alone. */
  private blocksToLearn(blocks: readonly Block[]): readonly Block[] {
    if (this.options.method !== "supervised") return blocks.slice(0, -1);
    return [...blocks.slice(0, -2), joined(blocks.at(-2)!, blocks.at(-1)!)];
  }

  /** The uppermost block has the model's own end in the place of a head. */
  private greedy(block: Block): Stage {
    if (this.options.method !== "supervised") return this.reconstruction(block);
    return block.output === this.site.graph.outputs[0]
      ? this.stage(block, this.site.lossOn)
      : this.auxiliary(block);
  }

  /** The block learns the labels through a head of its own. */
  private auxiliary(block: Block): Stage {
    const { name, output } = block;
    const row = rowShape(this.net.shapeOf(this.site.lossOn));
    const { headLayers = 1, headWidth } = this.options;
    const head = auxiliaryHead(this.net, name, output, row, { headLayers, headWidth });
    return this.stage(block, head);
  }

  /** The block learns to give back its input. */
  private reconstruction(block: Block): Stage {
    const { method, tied } = this.options;
    const { name, input, output } = block;
    const hidden = method === "denoising" ? this.encodeCorrupted(block) : output;
    const decoded = decoderOf(this.net, name, block, hidden, tied);
    return { ...this.stage(block, decoded), target: input };
  }

  /** The block's output for an input of which some elements, others in each step, are 0, and the others as they are. */
  private encodeCorrupted({ name, input, nodes }: Block): string {
    const { corruption = 0.3 } = this.options;
    const { net } = this;
    const dropped = net.node("Dropout", `${name}/dropped`, [input], { ratio: corruption });
    // Dropout makes up in size for what it takes away; masking noise does not.
    const kept = net.constant(`${name}/kept`, 1 - corruption);
    const corrupted = net.node("Mul", `${name}/corrupted`, [dropped, kept], {});
    const copies = new Map([[input, corrupted]]);
    for (const node of nodes) {
      const inputs = node.inputs.map((value) => copies.get(value) ?? value);
      copies.set(node.outputs[0]!, net.copy(node, name, inputs));
    }
    return copies.get(nodes.at(-1)!.outputs[0]!)!;
  }

  private stage({ name, input, parameters }: Block, lossOn: string): Stage {
    const { trained, epochs, steps } = this.site;
    const own = [...parameters].filter((parameter) => trained.has(parameter));
    const trains = new Set([...own, ...this.net.takeFresh()]);
    return { name, lossOn, from: input, trains, epochs, steps };
  }

  private fineTuning(): Stage | undefined {
    const { lossOn, trained, ...length } = this.site;
    const { fineTuneEpochs } = this.options;
    if (fineTuneEpochs === 0) return undefined;
    const { epochs, steps } =
      fineTuneEpochs === undefined ? length : { epochs: fineTuneEpochs, steps: 0 };
    return { name: "joint", lossOn, trains: trained, epochs, steps };
  }
}
