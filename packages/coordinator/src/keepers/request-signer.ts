import type { CertificateSubject } from "@rollcall/protocol";
import {
	judgeRequest,
	type KnownNode,
	type RequestWish,
	SIGNERS,
	type SignerName,
	type SigningRequest,
} from "../domain/certificates/signing-requests.ts";
import type { Fleet } from "../domain/fleet.ts";
import { KubernetesError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import type { Kubernetes } from "../ports/kubernetes.ts";
import type { SignedCertificate } from "../ports/pki.ts";

/** What signing the requests of a cluster needs. */
export interface RequestSignerParts {
	readonly core: Pick<Core, "fleet" | "submit">;
	readonly clock: Pick<Clock, "monotonic">;
	/** A node of the fleet; `waiting` while its place is being decided. */
	readonly node: (fleet: Fleet, name: string) => KnownNode | "waiting" | undefined;
	/** Reads a certificate request in PEM. */
	readonly read: (pem: string) => Promise<RequestWish>;
	/** Signs with the cluster's authority; for so long, or shorter where that is too long. */
	readonly sign: (
		fleet: Fleet,
		order: {
			readonly name: string;
			readonly subject: CertificateSubject;
			readonly request: string;
			readonly expiresInSeconds: number | undefined;
		},
	) => Promise<SignedCertificate>;
	readonly onTrouble: (what: string, error: unknown) => void;
}

type Requests = Pick<Kubernetes, "signingRequests" | "decideRequest" | "answerRequest" | "removeRequest">;

/** Pages that are read in one look. The next look goes on behind them. */
const PAGES = 10;
/** So many requests of one client are answered in an hour; more are taken out of the API, unread. */
const MOST_PER_USER = 8;
const HOUR_MS = 3_600_000;
/** What certificates are called in records. */
const RECORDED: Readonly<Record<SignerName, string>> = {
	[SIGNERS.serving]: "kubelet-serving-request",
	[SIGNERS.kubelet]: "kubelet-client-request",
	[SIGNERS.client]: "client-request",
};

/**
 * Signs the CertificateSigningRequests of Kubernetes' own signers in place of the controller manager, so that no control plane holds
 * the authority's key. A certificate is recorded before it goes out.
 */
export class RequestSigner {
	readonly #parts: RequestSignerParts;
	/** When requests of each client were answered in the last hour, by the monotonic clock. */
	readonly #answered = new Map<string, number[]>();
	#from: string | undefined;

	constructor(parts: RequestSignerParts) {
		this.#parts = parts;
	}

	/** Looks at the requests, at most so many pages. What is in trouble is told and left for the next look. */
	async look(kubernetes: Requests): Promise<void> {
		this.#forget();
		for (let page = 0; page < PAGES; page++) {
			try {
				const { requests, next } = await kubernetes.signingRequests(this.#from);
				this.#from = next;
				for (const { pem, ...request } of requests)
					await this.#take(kubernetes, { ...request, wish: await this.#parts.read(pem) });
			} catch (error) {
				this.#from = undefined;
				// The list is older than the API remembers; it begins anew at the next look.
				if (!(error instanceof KubernetesError) || error.status !== 410)
					this.#parts.onTrouble("requests for certificates could not be looked at", error);
				return;
			}
			if (this.#from === undefined) return;
		}
	}

	async #take(kubernetes: Requests, request: SigningRequest): Promise<void> {
		try {
			await this.#answer(kubernetes, request);
		} catch (error) {
			// Somebody else changed it or removed it: it is looked at again.
			if (error instanceof KubernetesError && (error.status === 409 || error.status === 404)) return;
			this.#parts.onTrouble(`CertificateSigningRequest ${request.name} could not be answered`, error);
		}
	}

	async #answer(kubernetes: Requests, request: SigningRequest): Promise<void> {
		const { core, node, sign } = this.#parts;
		const fleet = core.fleet();
		const judged = judgeRequest(request, (name) => node(fleet, name));
		if (judged.kind === "wait") return;
		if (!this.#mayAnswer(request.user)) return kubernetes.removeRequest(request);
		if (judged.kind === "refuse") {
			await kubernetes.decideRequest(request, { approve: false, reason: judged.reason });
			return;
		}
		const { subject } = judged;
		const order = { name: RECORDED[request.signer], subject, request: judged.request };
		const { pem, issued } = await sign(fleet, { ...order, expiresInSeconds: request.expiresInSeconds });
		const by = request.user.slice(0, 128);
		const { kind } = await core.submit({ kind: "operator-certificate", certificate: issued, by });
		if (kind !== "ok") return;
		const reason = "the node asks for itself, with its own names and addresses";
		const approved = request.approved
			? request
			: { ...request, version: await kubernetes.decideRequest(request, { approve: true, reason }) };
		await kubernetes.answerRequest(approved, pem);
	}

	/** Counts an answer. */
	#mayAnswer(user: string): boolean {
		const times = this.#answered.get(user) ?? [];
		if (times.length >= MOST_PER_USER) return false;
		this.#answered.set(user, [...times, this.#parts.clock.monotonic()]);
		return true;
	}

	#forget(): void {
		const since = this.#parts.clock.monotonic() - HOUR_MS;
		for (const [user, times] of this.#answered) {
			const left = times.filter((time) => time > since);
			if (left.length > 0) this.#answered.set(user, left);
			else this.#answered.delete(user);
		}
	}
}
