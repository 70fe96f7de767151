'use strict';

// The settings of a group that a case does not name, under the names of the TCP client. Times are in milliseconds.
const DEFAULTS = {
  resolveLinkTos: false,
  startFrom: 0,
  extraStatistics: false,
  messageTimeout: 30000,
  maxRetryCount: 500,
  liveBufferSize: 500,
  readBatchSize: 10,
  historyBufferSize: 20,
  checkPointAfter: 2000,
  minCheckPointCount: 10,
  maxCheckPointCount: 1000,
  maxSubscriberCount: 0,
  namedConsumerStrategy: 'RoundRobin',
};

module.exports = { DEFAULTS };
