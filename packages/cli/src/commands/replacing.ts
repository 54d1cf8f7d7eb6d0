import type { AssetView } from "@rollcall/protocol";
import { listAssets } from "../api/assets.ts";
import type { Api } from "../api/client.ts";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { sizeText } from "../views/field-list.ts";
import { agrees } from "./agreement.ts";

/** What is to be kept under a name; a hash where it is known. */
interface Wanted {
	readonly name: string;
	readonly sha256?: string | undefined;
	readonly sha512?: string | undefined;
}

/** Asks before a name gets other content than it has: machines boot from it. One answer counts for all that follow. */
export class Replacing {
	readonly #session: Session;
	readonly #kept: ReadonlyMap<string, AssetView>;
	#agreed: boolean;

	private constructor(session: Session, kept: readonly AssetView[], agreed: boolean) {
		this.#session = session;
		this.#kept = new Map(kept.map((asset) => [asset.name, asset]));
		this.#agreed = agreed;
	}

	/** Looks at what is kept now. `agreed`: nobody is to be asked. */
	static async of(session: Session, api: Api, agreed: boolean): Promise<Replacing> {
		return new Replacing(session, agreed ? [] : (await listAssets(api)).value.assets, agreed);
	}

	/** Returns when the name may get this content. Throws Failure when somebody says no, or nobody can be asked. */
	async check({ name, sha256, sha512 }: Wanted): Promise<void> {
		const kept = this.#kept.get(name);
		if (this.#agreed || !kept || kept.sha256 === sha256 || kept.sha512 === sha512) return;
		const what = `${name} is in use, for other content: ${sizeText(kept.sizeBytes)} from ${kept.source}, sha256 ${kept.sha256}`;
		if (!this.#session.ask)
			throw new Failure(what, { next: "take another name; or --yes, and machines get the new content from now on" });
		this.#agreed = await agrees(this.#session, `${what}\nMachines get the new content from now on. Replace it?`);
		if (!this.#agreed) throw new Failure(`${name}: it is as it was`, { exit: EXIT.failed });
	}
}
