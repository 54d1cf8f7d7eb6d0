/**
 * Every point at which a test may end the coordinator: between receiving, appending, sending and acknowledging. Points
 * that end in `*` are followed by the kind of the input or the type of an event of the turn.
 */
const FAILPOINTS = [
	"received:*",
	"admitted:*",
	"append:before:*",
	"append:after:*",
	"committed:*",
	"notify:before",
	"notify:after",
	"revoke:before",
	"revoke:after",
	"enroll:before-issue",
	"answer:before:*",
	"answer:after:*",
	"command:before-send",
	"lead:before",
	"lead:after",
	"compact:before",
	"compact:kept",
	"compact:after",
	"snapshot:before",
	"snapshot:after",
] as const;

/** `name`, or `name#3` for the third time that the point is reached. */
export interface FailpointPlan {
	readonly name: string;
	readonly hit: number;
}

/** Reads a plan. Throws when no such point exists, so that a test cannot wait for one that never comes. */
export function parseFailpoint(text: string): FailpointPlan {
	const [name = "", hit = "1"] = text.split("#");
	const known = FAILPOINTS.some((point) =>
		point.endsWith("*") ? name.startsWith(point.slice(0, -1)) && name.length >= point.length : point === name,
	);
	if (!known) throw new Error(`no failpoint ${JSON.stringify(name)}; known are ${FAILPOINTS.join(", ")}`);
	if (!/^[1-9]\d{0,5}$/.test(hit)) throw new Error(`failpoint ${name}: ${JSON.stringify(hit)} is not a count`);
	return { name, hit: Number(hit) };
}

/** Ends the process, as a power cut would, when the planned point is reached for the planned time. */
export function armFailpoint(plan: FailpointPlan, end: () => void): (name: string) => void {
	let hits = 0;
	return (name) => {
		if (name !== plan.name) return;
		hits += 1;
		if (hits === plan.hit) end();
	};
}
