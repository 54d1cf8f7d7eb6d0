import { gzipSync } from "node:zlib";
import type { BootStage } from "@rollcall/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { alpineOverlay } from "../../boot/alpine-overlay.ts";
import { cloudMetaData } from "../../boot/cloud-init.ts";
import { cloudMachineText } from "../../boot/cloud-machine.ts";
import { composeIgnition } from "../../boot/ignition/compose.ts";
import { type MachineBoot, ownIgnitionPart } from "../../boot/ignition/own-part.ts";
import { metadataText } from "../../boot/metadata.ts";
import { tarArchive } from "../../boot/tar.ts";
import {
	type Asked,
	askedBy,
	type Chosen,
	chooseByRequest,
	chooseByToken,
	describe,
	Refusal,
	sendText,
	sighting,
} from "./answers.ts";
import type { BootOptions } from "./boot-options.ts";
import { machineBoot, PartReader, withEnrollToken } from "./machine-boot.ts";

/** What a machine fetches about itself: Ignition, cloud-init, an Alpine overlay, metadata. */
export function machineRoutes(app: FastifyInstance, options: BootOptions): void {
	const reader = new PartReader();
	app.get("/ignition", async (request, reply) => {
		const render = (machine: MachineBoot, chosen: Chosen) => {
			const wanted = chosen.profile.ignition;
			if (!wanted) throw new Refusal(404, `profile ${chosen.profile.name} has no Ignition configuration`);
			const parts = reader.parts(options.core.document(), wanted.parts);
			const composed = composeIgnition(ownIgnitionPart(machine), parts, wanted.version);
			if (!composed.ok) throw new Refusal(500, `profile ${chosen.profile.name}: ${composed.reason}`);
			return JSON.stringify(composed.config);
		};
		return sendText(reply, await serve(options, request, { stage: "ignition", render }), "application/json");
	});
	app.get("/cloud-init/user-data", async (request, reply) => {
		const render = (machine: MachineBoot, chosen: Chosen) => {
			const wanted = chosen.profile.cloudInit;
			if (!wanted) throw new Refusal(404, `profile ${chosen.profile.name} does not use cloud-init`);
			return cloudMachineText(machine, wanted.packages);
		};
		return sendText(reply, await serve(options, request, { stage: "cloud-init", render }), "text/cloud-config");
	});
	// cloud-init asks for these beside the user-data; they hold nothing that needs a token.
	app.get("/cloud-init/meta-data", (request, reply) => {
		const asked = askedBy(options.core, request);
		chooseByRequest(options.core, asked);
		const { mac, uuid } = asked.query.request;
		// Another boot is another instance: everything was in RAM.
		const instance = `${uuid ?? mac?.replaceAll(":", "-") ?? "machine"}-${options.now().toString(36)}`;
		return sendText(reply, cloudMetaData(instance, asked.known?.nodeName), "text/yaml");
	});
	app.get("/cloud-init/vendor-data", (_, reply) => sendText(reply, "#cloud-config\n{}\n", "text/cloud-config"));
	app.get("/alpine/overlay.apkovl.tar.gz", async (request, reply) => {
		const render = (machine: MachineBoot) => gzipSync(tarArchive(alpineOverlay(machine)));
		const archive = await serve(options, request, { stage: "overlay", render });
		return reply.header("cache-control", "no-store").type("application/gzip").send(archive);
	});
	app.get("/metadata", (request, reply) => {
		const asked = askedBy(options.core, request);
		const { group } = chooseByRequest(options.core, asked);
		const query = new URLSearchParams(asked.rawQuery);
		query.delete("token");
		return sendText(reply, metadataText(group, asked.query.request, query.toString()));
	});
}

interface Serving<T> {
	readonly stage: BootStage;
	readonly render: (machine: MachineBoot, chosen: Chosen) => T;
}

/** Renders once without a token, so that what cannot be rendered does not cost the machine its token. */
async function serve<T>(options: BootOptions, request: FastifyRequest, serving: Serving<T>): Promise<T> {
	const { core } = options;
	const asked: Asked = askedBy(core, request);
	const chosen = chooseByToken(core, asked, { key: options.key, now: options.now(), stage: serving.stage });
	const seen = { ...sighting(asked, serving.stage), group: chosen.group.name, profile: chosen.profile.name };
	try {
		const machine = machineBoot(core, asked, { chosen, base: options.url() });
		const without = serving.render(machine, chosen);
		const answer = machine.agent
			? serving.render(await withEnrollToken(core, machine, { asked, chosen }), chosen)
			: without;
		core.record({ ...seen, outcome: "served" });
		return answer;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		request.log.warn({ machine: describe(asked.query.request), reason: error.message }, "boot answer refused");
		core.record({ ...seen, outcome: "refused", reason: error.message });
		throw error;
	}
}
