/** What was looked at, in the order in which it is looked at. */
export type DoctorCheck =
	| "addresses"
	| "listeners"
	| "ports"
	| "boot document"
	| "cluster document"
	| "agent"
	| "nats-server"
	| "clock"
	| "disk"
	| "dhcp";

/** One thing that was found out. warn: it may be meant so, or could not be looked at; fail: machines cannot boot from here so. */
export interface DoctorFinding {
	readonly check: DoctorCheck;
	readonly state: "ok" | "warn" | "fail";
	readonly text: string;
	/** What an operator can do. */
	readonly next?: string;
}

/** How one check tells what it finds. */
export interface Findings {
	readonly ok: (text: string) => DoctorFinding;
	readonly warn: (text: string, next: string) => DoctorFinding;
	readonly fail: (text: string, next: string) => DoctorFinding;
}

/** Makes findings of one check. */
export function findingsOf(check: DoctorCheck): Findings {
	return {
		ok: (text) => ({ check, state: "ok", text }),
		warn: (text, next) => ({ check, state: "warn", text, next }),
		fail: (text, next) => ({ check, state: "fail", text, next }),
	};
}
