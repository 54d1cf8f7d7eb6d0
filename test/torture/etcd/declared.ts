import { documentText } from "../../support/documents.ts";

/** What the cluster document says of etcd now. */
export interface Declared {
	readonly slot: string;
	readonly members: number;
	/** A number that reaches etcd's arguments, so that its members start anew one after the other. */
	readonly revision: number;
	/** An argument with which etcd does not start. */
	readonly broken?: boolean;
	/** etcd on machines of its own. */
	readonly dedicated?: boolean;
}

/** The document's text: members on control planes that carry the label `etcd: yes`. */
export function textOf({ slot, members, revision, broken, dedicated }: Declared): string {
	const extra = { "max-txn-ops": String(128 + revision), ...(broken ? { "election-timeout": "5" } : {}) };
	const document = JSON.parse(
		documentText({
			slots: [
				{ name: slot, role: "control-plane", count: members, selector: { labels: { etcd: "yes" } } },
				...(dedicated ? [{ name: "store", role: "etcd", count: 1, selector: { labels: { etcd: "yes" } } }] : []),
			],
			kubernetes: { extraArguments: { etcd: extra } },
		}),
	);
	return JSON.stringify(document);
}
