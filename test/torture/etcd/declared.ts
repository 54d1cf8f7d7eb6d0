import { documentText } from "../../support/documents.ts";

/** An argument that a document may have, in whose place these members of etcd get one with which they do not start. */
export const BROKEN = { name: "max-wals", value: "2147483647", instead: "--election-timeout=5" } as const;

/** What the cluster document says of etcd now. */
export interface Declared {
	readonly slot: string;
	readonly members: number;
	/** A number that reaches etcd's arguments, so that its members start anew one after the other. */
	readonly revision: number;
	/** An argument with which etcd does not start. */
	readonly broken?: boolean;
	/** Lost holders are replaced at once. */
	readonly impatient?: boolean;
	/** etcd on machines of its own. */
	readonly dedicated?: boolean;
}

/** The document's text: members on control planes that carry the label `etcd: yes`. */
export function textOf({ slot, members, revision, broken, impatient, dedicated }: Declared): string {
	const extra = { "max-txn-ops": String(128 + revision), ...(broken ? { [BROKEN.name]: BROKEN.value } : {}) };
	const document = JSON.parse(
		documentText({
			slots: [
				{
					name: slot,
					role: "control-plane",
					count: members,
					selector: { labels: { etcd: "yes" } },
					...(impatient ? { replaceAfterSeconds: 10 } : {}),
				},
				...(dedicated ? [{ name: "store", role: "etcd", count: 1, selector: { labels: { etcd: "yes" } } }] : []),
			],
			kubernetes: { extraArguments: { etcd: extra } },
		}),
	);
	return JSON.stringify(document);
}
