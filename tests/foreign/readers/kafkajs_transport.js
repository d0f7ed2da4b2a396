// What KafkaJS reads of a topic, as frames: BOOTSTRAP TOPIC ISOLATION LASTS.
'use strict';
const { Kafka, logLevel } = require('kafkajs');
const [bootstrap, topic, isolation, lasts] = process.argv.slice(2);
const left = new Map(lasts.split(',').map((each) => each.split(':').map(Number)));
const asked = isolation === 'default' ? {} : { readUncommitted: isolation !== 'read_committed' };
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `frames-${process.pid}-${Date.now()}`, ...asked });

function frame(partition, offset, key, value) {
  const head = Buffer.alloc(16);
  head.writeInt32BE(partition, 0);
  head.writeBigInt64BE(BigInt(offset), 4);
  head.writeInt32BE(key.length, 12);
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return Buffer.concat([head, key, length, value]);
}

async function main() {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((ended) => {
    consumer.run({
      eachMessage: async ({ partition, message }) => {
        process.stdout.write(frame(partition, message.offset, message.key, message.value));
        if (Number(message.offset) >= left.get(partition)) left.delete(partition);
        if (left.size === 0) ended();
      },
    });
  });
  await consumer.disconnect();
}

main();
