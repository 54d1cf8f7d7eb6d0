import test, { type ExecutionContext } from "ava";
import type { Part } from "./part.ts";

type Declare = (title: string, body: (t: ExecutionContext) => unknown) => void;

/**
 * `test` and `test.serial` for tests that need these parts: where one is missing, they are skipped, and their titles say why. Throws where `CI` is
 * `true` and a part that is not optional is missing.
 */
export function testNeeding(...parts: readonly Part[]): Declare & { readonly serial: Declare } {
	const lack = parts.find(({ missing }) => missing !== undefined);
	if (lack && !lack.optional && process.env.CI === "true") throw new Error(lack.missing);
	const why = lack?.missing?.split("\n")[0];
	const one: Declare = (title, body) =>
		lack ? test.skip(`${title} (${why})`, body as never) : test(title, body as never);
	const serial: Declare = (title, body) =>
		lack ? test.serial.skip(`${title} (${why})`, body as never) : test.serial(title, body as never);
	return Object.assign(one, { serial });
}
