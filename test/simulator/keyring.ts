import { type Authority, sha256Of, type Trust } from "@rollcall/protocol";

const YEAR_MS = 365 * 86_400_000;
/** Longer than authorities live and far before the run, so that no clock of a story ends them: they change when they are in other hands. */
const VALID_MS = 40 * YEAR_MS;

/** The keys that a fleet's coordinators make, all of which lie with every coordinator. */
export class FleetKeys {
	readonly #wall: () => number;
	#made = 0;
	/** Those that a fleet begins with. */
	readonly first: Trust;

	/** `wall`: the true date, in milliseconds since 1970. */
	constructor(wall: () => number) {
		this.#wall = wall;
		this.first = this.fresh();
	}

	/** Keys that nobody has seen. */
	fresh(): Trust {
		this.#made += 1;
		const key = (name: string) => sha256Of(`${name} key ${this.#made}`);
		const authority = (name: string): Authority => {
			const fingerprint = key(name);
			const [notBefore, notAfter] = [this.#wall() - VALID_MS, this.#wall() + VALID_MS];
			const pem = `# ${name} authority ${this.#made}\n`;
			return { signing: fingerprint, certificates: [{ fingerprint, pem, notBefore, notAfter, kept: true }] };
		};
		const signing = key("service-accounts");
		return {
			authorities: { cluster: authority("cluster"), "front-proxy": authority("front-proxy"), etcd: authority("etcd") },
			serviceAccounts: { signing, keys: [{ fingerprint: signing, pem: `# service accounts ${this.#made}\n` }] },
			encryption: key("secrets"),
		};
	}
}

/** The authorities of the cluster that whoever has this trust believes, as a line of a file. */
export const believedText = ({ authorities }: Trust): string =>
	authorities.cluster.certificates.map(({ fingerprint }) => fingerprint).join(",");
