import { z } from "zod";
import { Labels } from "../ids.ts";

const SIZE = /^(\d+)(Ki|Mi|Gi|Ti)?B?$/;
const FACTOR: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** A size in bytes, written as a number or as `4GiB`, `512MiB` (binary units, as Kubernetes' quantities). Read as bytes. */
export const Size = z
	.union([z.int().min(0), z.string().regex(SIZE, "a size is a number of bytes or like 4GiB")])
	.transform((size) => {
		if (typeof size === "number") return size;
		const [, digits, unit] = SIZE.exec(size) ?? [];
		return Number(digits) * (unit ? (FACTOR[unit] ?? 1) : 1);
	});

/** Which machines are meant: all conditions must hold. An empty selector means every machine. */
export const Selector = z.strictObject({
	/** Labels that a machine must have, with exactly these values. */
	labels: Labels.optional(),
	arch: z.enum(["x64", "arm64"]).optional(),
	minCpus: z.int().min(1).optional(),
	minMemory: Size.optional(),
	minNics: z.int().min(1).optional(),
	vendor: z.string().max(256).optional(),
	product: z.string().max(256).optional(),
	rehearsal: z.boolean().optional(),
});
export type Selector = z.infer<typeof Selector>;
