import { ownValue } from "@rollcall/protocol";

/** True for text that matchbox fills in for each machine (Go's text/template). */
export function isTemplate(text: string): boolean {
	return text.includes("{{");
}

/**
 * A template filled in with a group's values. Only what stands for one value is: `{{.name}}` and `{{.outer.inner}}`. Loops,
 * conditions and functions are not, nor is what a request says.
 */
export function fillTemplate(
	text: string,
	values: Readonly<Record<string, unknown>>,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } {
	const faults: string[] = [];
	const filled = text.replaceAll(/\{\{(.*?)\}\}/gs, (action, inner: string) => {
		const path = /^-?\s*\.([A-Za-z_][\w.]*)\s*-?$/.exec(inner)?.[1]?.split(".");
		if (!path) faults.push(`${action.slice(0, 60)} is more than one value`);
		const value = path?.reduce<unknown>((at, key) => own(at, key), values);
		if (path && !["string", "number", "boolean"].includes(typeof value))
			faults.push(`the group has no value for ${action.slice(0, 60)}`);
		return String(value);
	});
	return faults[0] === undefined ? { ok: true, text: filled } : { ok: false, reason: faults[0] };
}

function own(value: unknown, key: string): unknown {
	return typeof value === "object" && value !== null ? ownValue(value as Record<string, unknown>, key) : undefined;
}
