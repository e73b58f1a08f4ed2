/** What is released: packets, from which a decision is made again. */
export { decideAgain, type Packet, packetJson, parsePacket } from "./packet/packet.ts";
export { documentIn, packetPage } from "./packet/page.ts";
