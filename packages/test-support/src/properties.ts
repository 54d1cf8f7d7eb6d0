import fc from "fast-check";

/** The environment variable with the seed of all properties: a whole number. */
const SEED_VARIABLE = "ROLLCALL_PROPERTY_SEED";

/**
 * fast-check, whose properties draw from one seed where the environment names it: `.ci/run` does, so that a change is judged by what it does and not by
 * what is drawn. Without it each run draws anew, and a failure names its seed. https://fast-check.dev/docs/configuration/global-settings/
 */
const seed = process.env[SEED_VARIABLE];
if (seed) {
	if (!/^-?\d{1,9}$/.test(seed)) throw new Error(`${SEED_VARIABLE} is "${seed}"; give a whole number, such as 17`);
	fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}

/** How many code points a string may have: all but the surrogates. */
const CODE_POINTS = 0x110000 - 0x800;
const SURROGATES = 0xd800;

/**
 * Any code point, as the unit of `fc.string`. It draws what fast-check's own unit "binary" does, which makes a map of all 1.1 million of them first, to
 * find the words that are dangerous to JavaScript among its values: two seconds of the processor in each process that draws one such text.
 */
export const codePoint = fc.nat({ max: CODE_POINTS - 1 }).map(
	(index) => String.fromCodePoint(index < SURROGATES ? index : index + 0x800),
	(value) => {
		const point = typeof value === "string" ? value.codePointAt(0) : undefined;
		if (point === undefined || String.fromCodePoint(point) !== value) throw new Error("this is not one code point");
		return point < SURROGATES ? point : point - 0x800;
	},
);

export default fc;
