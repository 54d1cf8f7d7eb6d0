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

export default fc;
