'use strict';
// The npm package eventstore-interconnect, as its users run it. Its argument is a JSON object: source and destination as it
// has them, stream and group. Says "READER : connected" when it copies.

require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { EventstoreInterconnectModule } = require('eventstore-interconnect');

const { source, destination, stream, group } = JSON.parse(process.argv[2]);

class HeroGrew {
  constructor(data) {
    this.data = data;
  }
}

class Main {}
Module({
  imports: [
    EventstoreInterconnectModule.connectToSrcAndDest(
      {
        source,
        destination,
        eventStoreBusConfig: {
          subscriptions: {
            persistent: [{ stream, group, autoAck: false, bufferSize: 10, options: { resolveLinkTos: true }, onSubscriptionDropped() {} }],
          },
        },
        eventStoreSubsystems: {
          subscriptions: {
            persistent: [{ stream, group, settingsForCreation: { subscriptionSettings: { resolveLinkTos: true, startFrom: 'start' } } }],
          },
        },
      },
      { HeroGrew },
    ),
  ],
})(Main);

NestFactory.createApplicationContext(Main).catch((error) => {
  console.error(error);
  process.exit(1);
});
