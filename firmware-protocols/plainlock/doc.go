// Package plainlock reads and writes what MQTT locks say that people already own, by the
// three conventions in use:
//
//	                state topic                  command topic       availability topic
//	zigbee2mqtt     <topic>                      <topic>/set         <topic>/availability
//	                {"state":"LOCK",             {"state":"LOCK"}    online, offline, or
//	                 "lock_state":"locked", …}   {"state":"UNLOCK"}  {"state":"online"}
//	home-assistant  <topic>/state                <topic>/set         <topic>/availability
//	                LOCKED UNLOCKED JAMMED …     LOCK UNLOCK         online offline
//	esphome         <prefix>/lock/<name>/state   …/command           <prefix>/status
//	                LOCKED UNLOCKED JAMMED …     LOCK UNLOCK         online offline
//
// It owns words, JSON states and topics. It refuses everything else, each with a Reason:
// what is refused says nothing about a bolt, and a lock of which nothing is known is
// unknown, never locked.
//
// Nothing of this is signed. Whoever may publish on a state topic is believed, and
// whoever may publish on a command topic opens the lock; a lock of this kind verifies no
// approval, has no counter and no timer of ours. What a lock says of itself is only as
// good as its firmware: ESPHome, before it published the state's own word, sent LOCKED
// for every state but "none", an unlocked bolt included. Unlock a lock by hand, and see
// that it says so, before it guards anything.
package plainlock
