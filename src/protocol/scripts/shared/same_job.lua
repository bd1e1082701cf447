-- Whether the job with this id is still the one that the run took. It may have been deleted, and its id
-- used again. `created` is the `created_at` that the claim read, or empty if that is unknown. Python may
-- have added a fraction of a second to it since.
local function is_same_job(created, created_now)
  return created_now == created or
         string.sub(created_now or '', 1, math.max(#created - 1, 0)) == string.sub(created, 1, -2)
end
