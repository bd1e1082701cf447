-- Queues a new job whose key has a free slot, or lets it wait for one.
--
-- ARGV[1]   job id
-- ARGV[2]   the key
-- ARGV[3]   how many jobs of the key may be queued or running
-- ARGV[4]   now, as whole seconds
-- ARGV[5]   now, as RQ's timestamp

-- include shared/slots.lua

wait_for_slot(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
