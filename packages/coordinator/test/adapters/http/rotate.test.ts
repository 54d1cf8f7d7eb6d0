import { CertificateList, RotateReply, sha256Of, type Trust } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { STAND_IN_TRUST } from "../../../src/render/stand-in-trust.ts";
import { NOW, TOKENS } from "./fixed-core.ts";
import { bearer, testApi } from "./setup.ts";

/** An API of a fleet that believes this, and what it says to a step. */
function believing(t: ExecutionContext, trust: Trust = STAND_IN_TRUST, rewritten?: Trust["encryption"]) {
	const api = testApi(t);
	api.core.state = { ...api.core.state, trust: { trust, seq: 1, ...(rewritten ? { rewritten } : {}) } };
	const ask = async (what: string) => {
		const request = { method: "POST", url: "/v1/certificates/rotate", headers: bearer(TOKENS.admin) } as const;
		// By force, so that what is refused here is refused to everybody.
		const response = await api.app.inject({ ...request, payload: { what, force: true } });
		return { status: response.statusCode, body: response.json() };
	};
	const next = async () => {
		const response = await api.app.inject({ url: "/v1/certificates", headers: bearer(TOKENS.read) });
		const { rotations } = CertificateList.parse(response.json());
		return Object.fromEntries(rotations.map((one) => [one.what, one.next]));
	};
	return { api, ask, next };
}

const { encryption: old } = STAND_IN_TRUST;
const fresh = sha256Of("a new key of Secrets");
const READING: Trust = { ...STAND_IN_TRUST, encryptionKeys: [old, fresh] };
const WRITING: Trust = { ...READING, encryption: fresh };

test("keys cannot be changed until a lost log is rebuilt, and nothing is made or recorded for it", async (t) => {
	const { api, ask } = believing(t);
	api.core.state = { ...api.core.state, recoverUntil: NOW + 15_000 };
	const until = new Date(NOW + 15_000).toISOString();
	for (const what of ["authorities", "service-accounts", "secrets"]) {
		const { status, body } = await ask(what);
		t.is(status, 503);
		t.like(body, { code: "not-ready", path: "fleet.recoverUntil", next: `ask again after ${until}` });
		t.regex(body.message, /lost its log/);
	}
	t.deepEqual(api.core.inputs, []);
	api.clock.ms = NOW + 15_000;
	t.is((await ask("authorities")).status, 200);
});

test("the key of Secrets changes in three steps, and the last one waits for the rewriting and for snapshots also by force", async (t) => {
	const first = believing(t);
	t.is((await first.next()).secrets, "prepare");
	const reply = RotateReply.parse((await first.ask("secrets")).body);
	t.like(reply, { what: "secrets", done: "prepare" });
	t.regex(reply.text, /read with the new key/);

	const second = believing(t, READING);
	t.deepEqual(await second.next(), { authorities: "prepare", "service-accounts": "prepare", secrets: "sign" });
	t.is((await second.ask("secrets")).status, 200);
	t.like(second.api.core.inputs[0], { kind: "change-trust", trust: WRITING });

	const third = believing(t, WRITING, old);
	t.is((await third.next()).secrets, "rewrite");
	const refused = await third.ask("secrets");
	t.is(refused.status, 409);
	t.regex(refused.body.message, /may still be encrypted with the old key/);
	t.deepEqual(third.api.core.inputs, []);

	const kept = believing(t, WRITING, fresh);
	const content = { sha256: old, sizeBytes: 1 };
	const snapshot = {
		sha256: fresh,
		sizeBytes: 1,
		content,
		revision: 7,
		takenAt: 0,
		cluster: "lab",
		secretsKeys: [old],
	};
	kept.api.core.state = { ...kept.api.core.state, snapshots: { kept: [{ ...snapshot, detached: true }] } };
	const needed = await kept.ask("secrets");
	t.is(needed.status, 409);
	t.regex(needed.body.message, /revision 7\) may hold Secrets that only the old key can read/);
	t.deepEqual(kept.api.core.inputs, []);

	const last = believing(t, WRITING, fresh);
	t.is((await last.next()).secrets, "finish");
	t.is((await last.ask("secrets")).status, 200);
	t.like(last.api.core.inputs[0], { kind: "change-trust", trust: { ...STAND_IN_TRUST, encryption: fresh } });
	t.false("encryptionKeys" in ((last.api.core.inputs[0] as { trust?: object } | undefined)?.trust ?? {}));
});

test("a cluster that does not encrypt its Secrets has no key to change", async (t) => {
	const { api, ask } = believing(t);
	const document = { kubernetes: { encryptionAtRest: false } };
	api.core.state = { ...api.core.state, cluster: { document, digest: old, seq: 1, at: NOW } as never };
	t.like(await ask("secrets"), { status: 409, body: { path: "kubernetes.encryptionAtRest" } });
});
