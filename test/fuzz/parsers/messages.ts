import {
	Beat,
	Bye,
	Certify,
	CertifyReply,
	Command,
	CommandReply,
	certifyText,
	EnrollReply,
	EnrollRequest,
	enrollText,
	Hello,
	HelloReply,
	MAX_AGENT_MESSAGE_BYTES,
	parseUpSubject,
	Report,
	ReportReply,
	RoutesReply,
	RoutesRequest,
	readStreamFrame,
	StreamFrame,
	TargetNotice,
	upSubject,
} from "@rollcall/protocol";
import type { z } from "zod";
import { bytesOf, holds, type Parser, refused, TAKEN, textOf } from "../parser.ts";
import { decodesOrRefuses, readsTheSame } from "./same-again.ts";
import * as seed from "./seed-messages.ts";

/** A message of the bus or of enrollment, by its schema. */
function message(name: string, schema: z.ZodType, seeds: readonly unknown[], most?: number): Parser {
	return { name, seeds: () => seeds.map(bytesOf), feed: (bytes) => decodesOrRefuses(schema, bytes, most) };
}

const UP = MAX_AGENT_MESSAGE_BYTES;

/** What agents and the coordinator send each other. */
export const MESSAGE_PARSERS: readonly Parser[] = [
	{
		name: "subject",
		seeds: () =>
			["rollcall.v1.up.m-4c4c4544.hello", "rollcall.v1.up.m-1.answer.x", "rollcall.v1.down.m-1.command"].map(bytesOf),
		feed(bytes) {
			const subject = textOf(bytes);
			const read = parseUpSubject(subject);
			if (!read) return refused("not ours");
			holds(upSubject(read.machineId, read.verb) === subject, "it is of another subject");
			return TAKEN;
		},
	},
	{
		name: "enroll",
		seeds: () => seed.ENROLLMENTS.map(bytesOf),
		feed(bytes) {
			const outcome = decodesOrRefuses(EnrollRequest, bytes);
			if ("taken" in outcome) {
				const { nonce, signature: _, ...claim } = EnrollRequest.parse(JSON.parse(textOf(bytes)));
				enrollText(claim, nonce);
			}
			return outcome;
		},
	},
	message("enroll-reply", EnrollReply, seed.ENROLL_REPLIES),
	message("hello", Hello, seed.HELLOS, UP),
	message("hello-reply", HelloReply, seed.HELLO_REPLIES),
	message("beat", Beat, seed.BEATS, UP),
	message("report", Report, seed.REPORTS, UP),
	message("report-reply", ReportReply, seed.REPORT_REPLIES),
	{
		name: "certify",
		seeds: () => seed.CERTIFIES.map(bytesOf),
		feed(bytes) {
			const outcome = decodesOrRefuses(Certify, bytes, UP);
			if ("taken" in outcome) certifyText(Certify.parse(JSON.parse(textOf(bytes))).order);
			return outcome;
		},
	},
	message("certify-reply", CertifyReply, seed.CERTIFY_REPLIES),
	message("routes", RoutesRequest, seed.ROUTES_REQUESTS, UP),
	message("routes-reply", RoutesReply, seed.ROUTES_REPLIES),
	message("bye", Bye, seed.BYES, UP),
	message("target-notice", TargetNotice, seed.NOTICES),
	message("command", Command, seed.COMMANDS),
	message("command-reply", CommandReply, seed.COMMAND_REPLIES, UP),
	{
		name: "stream-frame",
		seeds: () => seed.FRAMES.map(bytesOf),
		feed(bytes) {
			const frame = readStreamFrame(textOf(bytes));
			if (!frame) return refused("not ours");
			readsTheSame(StreamFrame, frame);
			return TAKEN;
		},
	},
];
